defmodule Scrypath.Test.SearchServer do
  @moduledoc false

  # A server to test against: `scrypath serve` on a port, for as long as the process that started it lives; or where
  # MEILISEARCH_URL names one, that (with MEILISEARCH_API_KEY, its master key), for tests that need no server of their
  # own.

  alias Scrypath.Test.JSON

  @master_key "a master key of this test run"

  @doc """
  The options of a server that has a master key, with an index prefix that no other run has. What is made under that
  prefix is gone after the test, or after the module in `setup_all`.
  """
  def options! do
    {url, key} = named() || {start!(["--master-key", @master_key]), @master_key}
    prefix = "t#{System.os_time()}-#{System.unique_integer([:positive])}"
    ExUnit.Callbacks.on_exit(fn -> drop(url, key, prefix) end)

    [
      backend: Scrypath.Meilisearch,
      meilisearch_url: url,
      meilisearch_api_key: key,
      index_prefix: prefix,
      inline_timeout: 60_000
    ]
  end

  defp named do
    case System.get_env("MEILISEARCH_URL") do
      url when url in [nil, ""] -> nil
      url -> {String.trim_trailing(url, "/"), System.fetch_env!("MEILISEARCH_API_KEY")}
    end
  end

  @doc "A search key of the server, gone after the test: its `key` and its `uid`."
  def search_key!(options) do
    {url, master} = {options[:meilisearch_url], options[:meilisearch_api_key]}
    asked = ~s({"actions": ["search"], "indexes": ["#{options[:index_prefix]}*"], "expiresAt": null})
    {201, key} = request(:post, url <> "/keys", master, asked)
    ExUnit.Callbacks.on_exit(fn -> request(:delete, url <> "/keys/" <> key["uid"], master) end)
    key
  end

  # The server of the run may be gone with its module.
  defp drop(url, key, prefix) do
    with {200, %{"results" => indexes}} <- request(:get, url <> "/indexes?limit=1000", key) do
      for %{"uid" => uid} <- indexes,
          String.starts_with?(uid, prefix),
          do: request(:delete, url <> "/indexes/" <> uid, key)
    end
  end

  defp request(method, url, key, body \\ nil) do
    head = [{~c"authorization", String.to_charlist("Bearer " <> key)}]
    url = String.to_charlist(url)
    request = if body, do: {url, head, ~c"application/json", body}, else: {url, head}

    case :httpc.request(method, request, [timeout: 10_000], body_format: :binary) do
      {:ok, {{_version, status, _reason}, _head, ""}} -> {status, nil}
      {:ok, {{_version, status, _reason}, _head, body}} -> {status, JSON.decode!(body)}
      {:error, reason} -> {:error, reason}
    end
  end

  @doc "Runs another command of `scrypath` to its end, and gives what it printed."
  def command!(arguments, environment \\ []) do
    case System.cmd(binary!(), arguments, env: environment, stderr_to_stdout: true) do
      {printed, 0} -> printed
      {printed, status} -> raise "scrypath #{hd(arguments)} ended with status #{status}: #{printed}"
    end
  end

  @doc "Starts `scrypath serve` with `arguments`, and gives its URL."
  def start!(arguments \\ []) do
    binary = binary!()

    # The shell ends the server when its own input closes, which it does however this VM ends.
    script = ~S("$@" & server=$!; cat >/dev/null; kill $server)
    command = ["-c", script, "sh", binary, "serve", "--addr", "127.0.0.1:0" | arguments]

    port =
      Port.open({:spawn_executable, "/bin/sh"}, [
        :binary,
        :exit_status,
        :hide,
        args: command,
        line: 4096
      ])

    {:ok, url} = await_url(port)
    url
  end

  defp await_url(port) do
    receive do
      {^port, {:data, {:eol, "listening on " <> url}}} -> {:ok, String.trim(url)}
      {^port, {:data, _line}} -> await_url(port)
      {^port, {:exit_status, status}} -> {:error, status}
    end
  end

  @doc "The command that was built."
  def binary! do
    folder = System.get_env("CARGO_TARGET_DIR") || Path.expand("../target")
    binary = System.get_env("SCRYPATH_BIN") || Path.join([folder, "release", "scrypath"])

    unless File.exists?(binary) do
      raise "#{binary} is not built: run `cargo build --release -p scrypath-cli`"
    end

    binary
  end
end
