defmodule Scrypath.ConfigTest do
  # Application environment is shared by all processes.
  use ExUnit.Case, async: false

  alias Scrypath.Config

  @backend [backend: Scrypath.Meilisearch]

  defp put_env(app, key, value) do
    Application.put_env(app, key, value)
    on_exit(fn -> Application.delete_env(app, key) end)
  end

  test "the call wins over the repo, and the repo over the library" do
    put_env(
      :scrypath,
      :defaults,
      @backend ++ [meilisearch_url: "http://a:7700", inline_timeout: 9000]
    )

    put_env(:shop, Shop.Repo, scrypath: [meilisearch_url: "http://b:7700", settings_merge: :deep])

    config = Config.resolve!(repo: Shop.Repo, otp_app: :shop, inline_timeout: 50)
    assert config[:meilisearch_url] == "http://b:7700"
    assert config[:settings_merge] == :deep
    assert config[:inline_timeout] == 50
    assert config[:sync_mode] == :inline

    assert Config.resolve!([])[:meilisearch_url] == "http://a:7700"
  end

  test "a repo among the defaults brings no defaults of its own" do
    put_env(:scrypath, :defaults, @backend ++ [repo: Shop.Repo, otp_app: :shop])
    put_env(:shop, Shop.Repo, scrypath: [inline_timeout: 1])
    assert Config.resolve!([])[:inline_timeout] == 5000
  end

  test "resolving twice is resolving once" do
    once = Config.resolve!(@backend ++ [preload: :crew, meilisearch_api_key: "secret", index_prefix: "t42"])

    assert once[:preload] == [:crew]
    assert Config.resolve!(once) == once
  end

  test "what is wrong is said" do
    for {options, message} <- [
          {[], ~r/required :backend option not found/},
          {@backend ++ [colour: 1], ~r/unknown options \[:colour\]/},
          {@backend ++ @backend, ~r/unknown options \[:backend\]/},
          {@backend ++ [inline_timeout: 0],
           ~r/invalid value for :inline_timeout option: expected positive integer/},
          {@backend ++ [sync_mode: :later], ~r/expected one of \[:inline, :manual, :oban\]/},
          {@backend ++ [sync_mode: :oban], ~r/oban_queue is required/},
          {[:backend], ~r/options must be a keyword list/}
        ] do
      assert_raise ArgumentError, message, fn -> Config.resolve!(options) end
    end
  end

  test "options are checked without being used" do
    assert {:ok, %{has_api_key: true, max_schemas: 10} = summary} =
             Scrypath.validate_options(@backend ++ [meilisearch_api_key: "hunter2"])

    refute inspect(summary) =~ "hunter2"
    assert {:error, %ArgumentError{}} = Scrypath.validate_options(@backend ++ [colour: 1])
  end

  test "another backend is refused when it would be called, not replaced in silence" do
    for given <- [[backend: MyBackend], @backend ++ [meilisearch_client: MyClient]] do
      given = given ++ [meilisearch_url: "memory:config_test"]

      assert_raise ArgumentError, ~r/My(Backend|Client) cannot be called/, fn ->
        Scrypath.search(Scrypath.Examples.Note, "tide", given)
      end
    end
  end

  test "a key is never shown" do
    error =
      assert_raise ArgumentError, fn ->
        Config.resolve!(@backend ++ [meilisearch_api_key: {"hunter2"}])
      end

    refute error.message =~ "hunter2"
  end
end
