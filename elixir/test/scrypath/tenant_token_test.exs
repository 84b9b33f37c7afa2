defmodule Scrypath.TenantTokenTest do
  use ExUnit.Case, async: true

  alias Scrypath.Examples.{Note, Quay}
  alias Scrypath.MultiSearchResult
  alias Scrypath.Test.{JSON, Refusal, SearchServer}

  @uid "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab"
  @made [backend: Scrypath.Meilisearch, api_key: "hunter2 is the key", api_key_uid: @uid]

  setup_all do
    master = SearchServer.options!()
    {:ok, _} = Scrypath.sync_records(Quay, Quay.all(), master)
    {:ok, _} = Scrypath.sync_record(Note, %{id: 1, title: "Tides"}, master)
    key = SearchServer.search_key!(master)
    %{master: master, key: [api_key: key["key"], api_key_uid: key["uid"]]}
  end

  # The options of whoever holds a token: the master key is not among them.
  defp holding(token, master), do: Keyword.put(master, :meilisearch_api_key, token)

  defp token_of(tenant, %{master: master, key: key}, more \\ []) do
    {:ok, token} =
      Scrypath.tenant_token(Quay, tenant, more ++ key ++ Keyword.delete(master, :meilisearch_api_key))

    token
  end

  defp names(found), do: found |> Enum.map(& &1["name"]) |> Enum.sort()

  # A token, taken apart and put together again by the book: the claims changed, the signature made with `key`.
  defp signed(token, key, change) do
    [head, claims, _signature] = String.split(token, ".")
    claims = claims |> Base.url_decode64!(padding: false) |> change.() |> Base.url_encode64(padding: false)
    signature = :crypto.mac(:hmac, :sha256, key, head <> "." <> claims)
    Enum.join([head, claims, Base.url_encode64(signature, padding: false)], ".")
  end

  defp claims(token),
    do: token |> String.split(".") |> Enum.at(1) |> Base.url_decode64!(padding: false) |> JSON.decode!()

  test "its holder finds one tenant's documents, whatever filter is added", %{master: master} = context do
    options = holding(token_of("north", context), master)
    assert names(Scrypath.search!(Quay, "quay", options)) == ["Quay 1", "Quay 2"]

    for {filter, found} <- [
          {[dock: "south"], []},
          {[dock: ["north", "south"]], ["Quay 1", "Quay 2"]},
          {[dock: [not: "north"]], []},
          {[or: [[dock: "south"], [kind: "fish"]]], ["Quay 1"]},
          {[not: [dock: "north"]], []},
          {[kind: "steel"], ["Quay 2"]}
        ] do
      assert {filter, names(Scrypath.search!(Quay, "quay", [filter: filter] ++ options))} == {filter, found}
    end

    assert names(Scrypath.search!(Quay, "quay", [tenant_scope: "south"] ++ options)) == []

    assert names(Scrypath.search_within_facet!(Quay, "", {:dock, ["north", "south"]}, options)) == [
             "Quay 1",
             "Quay 2"
           ]
  end

  test "facets, suggestions and searches of many go by it too", %{master: master} = context do
    options = holding(token_of("north", context), master)

    found =
      Scrypath.search_disjunctive!(Quay, "", [facets: [:dock], facet_filter: [dock: ["north"]]] ++ options)

    assert for(bucket <- found.facets.distribution.dock, do: bucket.value) == ["north"]

    values = Scrypath.search_facet_values!(Quay, "dock", "", options)
    assert for(bucket <- values.hits, do: bucket.value) == ["north"]

    assert Quay |> Scrypath.suggest!("qu", options) |> Enum.map(& &1.text) |> Enum.sort() == [
             "Quay 1",
             "Quay 2"
           ]

    entries = [{Quay, "quay", filter: [dock: ["north", "south"]]}, {Quay, "3"}]
    {:ok, many} = Scrypath.search_many(entries, options)

    assert for({Quay, hit} <- MultiSearchResult.merge_projection(many), do: hit["name"]) |> Enum.sort() == [
             "Quay 1",
             "Quay 2"
           ]

    assert Enum.flat_map(many.ordered, fn {Quay, result} -> names(result) end) |> Enum.sort() == [
             "Quay 1",
             "Quay 2"
           ]
  end

  test "a filter narrows it, several tenants widen it", %{master: master} = context do
    narrow = holding(token_of("north", context, filter: [kind: "fish"]), master)
    assert names(Scrypath.search!(Quay, "", narrow)) == ["Quay 1"]
    both = holding(token_of(["north", "south"], context), master)
    assert length(names(Scrypath.search!(Quay, "", both))) == 4
  end

  test "it reads what it was made for, and nothing else", %{master: master} = context do
    options = holding(token_of("north", context), master)
    assert {:error, {:http_error, 403, _}} = Scrypath.search(Note, "tides", options)
    assert {:error, {:http_error, 403, _}} = Scrypath.sync_record(Quay, hd(Quay.all()), options)
    assert {:error, {:http_error, 403, _}} = Scrypath.delete_document(Quay, 3, options)
    assert length(names(Scrypath.search!(Quay, "quay", master))) == 4
  end

  test "one that has expired is refused, and so is one that was changed",
       %{master: master, key: key} = context do
    token = token_of("north", context)
    same = signed(token, key[:api_key], & &1)
    assert same == token

    expired = signed(token, key[:api_key], &Regex.replace(~r/"exp":\d+/, &1, ~s("exp":1000000000)))
    forged = signed(token, "not the key", &String.replace(&1, ~s(north), ~s(south)))

    for refused <- [expired, forged] do
      assert {:error, {:http_error, 403, %{"code" => "invalid_api_key"}}} =
               Scrypath.search(Quay, "quay", holding(refused, master))
    end
  end

  test "it says when it expires" do
    before = System.os_time(:second)
    default = claims(Scrypath.tenant_token!(Quay, "north", @made))["exp"]
    assert default in (before + 3600)..(System.os_time(:second) + 3600)

    minute = claims(Scrypath.tenant_token!(Quay, "north", [expires_in: 60] ++ @made))["exp"]
    assert minute in (before + 60)..(System.os_time(:second) + 60)

    for at <- [~U[2100-01-01 00:00:00Z], 4_102_444_800] do
      assert claims(Scrypath.tenant_token!(Quay, "north", [expires_at: at] ++ @made))["exp"] == 4_102_444_800
    end
  end

  defmodule Crane do
    use Scrypath, fields: [:id, :dock], filterable: [:dock], tenant_field: :dock
  end

  test "it is of one schema, or of several, under their prefix" do
    assert {:ok, token} = Scrypath.tenant_token([Quay, Crane], "north", [index_prefix: "shop"] ++ @made)

    assert claims(token)["searchRules"] == %{
             "shop_quay" => %{"filter" => [~s(dock = "north")]},
             "shop_crane" => %{"filter" => [~s(dock = "north")]}
           }

    assert claims(token)["apiKeyUid"] == @uid
  end

  test "it is made from the call's key where no other is given" do
    options = [backend: Scrypath.Meilisearch, api_key_uid: @uid, expires_at: 4_102_444_800]
    token = Scrypath.tenant_token!(Quay, "north", [meilisearch_api_key: "k"] ++ options)

    assert token ==
             Scrypath.tenant_token!(Quay, "north", [api_key: "k", meilisearch_api_key: "other"] ++ options)

    refute token == Scrypath.tenant_token!(Quay, "north", [api_key: "other"] ++ options)
  end

  test "a call that is wrong raises, with either name, and never shows the key" do
    for {schemas, tenant, more, message} <- [
          {Quay, nil, [], ~r/tenant_scope/},
          {Quay, [], [], ~r/dock/},
          {Quay, [exists: true], [], ~r/tenant_scope/},
          {Quay, "north", [filter: [dock: "south"]], ~r/already contains/},
          {Quay, "north", [expires_in: 0], ~r/:expires_in/},
          {Quay, "north", [expires_at: ~U[2000-01-01 00:00:00Z]], ~r/in the future/},
          {Quay, "north", [expires_at: ~N[2100-01-01 00:00:00]], ~r/a time with a zone/},
          {Quay, "north", [expires_in: 60, expires_at: 4_102_444_800], ~r/two ways/},
          {Quay, "north", [colour: 1], ~r/unknown options \[:colour\]/},
          {Quay, "north", [api_key_uid: "hunter2 is the key"], ~r/a UUID/},
          {Quay, "north", [api_key: ["hunter2 is the key"]], ~r/:api_key option/},
          {Quay, "north", [meilisearch_api_key: {"hunter2 is the key"}], ~r/:meilisearch_api_key option/},
          {Note, "north", [], ~r/does not declare a tenant_field/},
          {[], "north", [], ~r/without a schema/},
          {String, "north", [], ~r/String is not searchable/},
          {"hunter2 is the key", "north", [], ~r/a module that uses Scrypath/},
          {Quay, self(), [], ~r/type pid/}
        ],
        make <- [&Scrypath.tenant_token/3, &Scrypath.tenant_token!/3] do
      {error, stack} = Refusal.raised(fn -> make.(schemas, tenant, Keyword.merge(@made, more)) end)
      assert error.message =~ message
      refute Exception.format(:error, error, stack) =~ "hunter2"
    end

    for options <- [Map.new(@made), "hunter2", [{"api_key", "hunter2"}], [:hunter2 | @made]] do
      {error, stack} = Refusal.raised(fn -> Scrypath.tenant_token(Quay, "north", options) end)
      assert error.message =~ "options must be a keyword list"
      refute Exception.format(:error, error, stack) =~ "hunter2"
    end
  end
end
