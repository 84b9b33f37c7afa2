defmodule Scrypath.Test.ServedCase do
  @moduledoc false

  # The vectors of calls that a server answers, as a script says.

  alias Scrypath.{MultiSearchResult, SearchResult}
  alias Scrypath.Test.{ScriptedServer, VectorCase}

  defmodule Rows do
    @moduledoc false
    # The rows of a case, as a repo. Keys are compared as text, as a database does that casts them.
    @behaviour Scrypath.Repo

    def put(rows), do: Process.put(__MODULE__, rows)

    @impl true
    def fetch(_schema, key, ids, _preload) do
      ids = Enum.map(ids, &to_string/1)
      for row <- Process.get(__MODULE__), to_string(row[to_string(key)]) in ids, do: row
    end
  end

  @operations ~w(search_reply write facet_values suggest search_many)

  def operations, do: @operations

  @doc "What a call gives, and `body`, the first search that was sent. The server is asked afterwards by `sent/1`."
  def operate(operation, schema, %{"server" => script} = input) do
    server = ScriptedServer.start!(script)
    Process.put(__MODULE__, server)
    reach = [meilisearch_url: server.url, req_options: [retry: false]]
    options = VectorCase.options(Map.get(input, "options", {:object, []}))

    with {:ok, gives} <- call(operation, schema, input, VectorCase.with_backend(options ++ reach)),
         do: Map.put(gives, :body, ScriptedServer.first_body(server))
  end

  @doc "How many requests a route of the server had."
  def sent(route), do: ScriptedServer.count(Process.get(__MODULE__), route)

  defp call("search_reply", schema, input, options) do
    with {:ok, result} <- search(schema, input, with_rows(options, input["rows"])), do: {:ok, told(result)}
  end

  defp call("write", schema, %{"verb" => verb} = input, options) do
    records = VectorCase.host(input["records"] || [])

    written =
      case verb do
        "sync_records" -> Scrypath.sync_records(schema, records, options)
        "delete_documents" -> Scrypath.delete_documents(schema, VectorCase.host(input["ids"]), options)
        "delete_record" -> Scrypath.delete_record(schema, hd(records), options)
      end

    with {:ok, result} <- written, do: {:ok, %{result: result, task: result[:task]}}
  end

  defp call("facet_values", schema, %{"facet" => facet, "text" => text}, options) do
    with {:ok, found} <- Scrypath.search_facet_values(schema, facet, text, options) do
      {:ok, %{gives: %{facet_query: found.facet_query, hits: Enum.map(found.hits, &Map.from_struct/1)}}}
    end
  end

  defp call("suggest", schema, %{"text" => text}, options) do
    with {:ok, found} <- Scrypath.suggest(schema, text, options),
         do: {:ok, %{gives: Enum.map(found, &Map.from_struct/1)}}
  end

  defp call("search_many", vessel, input, options) do
    schemas = %{"vessel" => vessel, "port" => VectorCase.schema(input["port"], "Port"), "all" => :all}
    names = Map.new(schemas, fn {name, module} -> {module, name} end)
    {registered, options} = Keyword.pop(options, :global_schemas)
    global = registered && [global_schemas: Enum.map(registered, &schemas[&1])]

    with {:ok, found} <- Scrypath.search_many(entries(input["entries"], schemas), options ++ (global || [])) do
      {:ok, %{gives: many_told(found, names)}}
    end
  end

  defp search(schema, %{"bucket" => [facet, value]}, options),
    do: Scrypath.search_within_facet(schema, "tug", {String.to_atom(facet), value}, options)

  defp search(schema, %{"disjunctive" => true}, options),
    do: Scrypath.search_disjunctive(schema, "tug", options)

  defp search(schema, _input, options), do: Scrypath.search(schema, "tug", options)

  defp with_rows(options, nil), do: options

  defp with_rows(options, rows) do
    Rows.put(rows)
    [{:repo, Rows} | options]
  end

  defp entries(entries, schemas) do
    for {:object, [{"$entry", [name, text | options]}]} <- entries do
      List.to_tuple([schemas[name], text | Enum.map(options, &VectorCase.options/1)])
    end
  end

  ## What came back

  defp told(%SearchResult{facets: facets} = result) do
    buckets = fn {facet, buckets} -> {facet, Enum.map(buckets, &Map.from_struct/1)} end

    result
    |> Map.take([:hits, :page, :records, :missing_ids])
    |> Map.merge(%{
      neighbours: %{next: result.next_page, previous: result.previous_page},
      facets: %{Map.from_struct(facets) | distribution: Map.new(facets.distribution, buckets)},
      explanation: result.explanation && Map.take(result.explanation, [:request, :ranking])
    })
  end

  defp many_told(found, names) do
    name = fn {module, value} -> [names[module], value] end

    %{
      ordered: for({module, result} <- found.ordered, do: %{schema: names[module], hits: result.hits}),
      failures: for(%{schema: module} <- found.failures, do: names[module]),
      merge_hit_order: found.merge_hit_order && Enum.map(found.merge_hit_order, name),
      merged: Enum.map(MultiSearchResult.merge_projection(found), name),
      federation: found.federation && Map.from_struct(found.federation)
    }
  end
end
