defmodule Scrypath.Search.Many do
  @moduledoc false

  # Many searches in one request. The core checks, sends and takes the reply apart; here schemas become
  # numbers and back, and the rows of each entry are fetched by a task of its own.

  alias Scrypath.{Config, Core, Failure, Hydration, MultiSearchResult, Schema, SearchResult, Telemetry}

  @spec run([term()], keyword()) :: {:ok, MultiSearchResult.t()} | {:error, term()}
  def run(entries, options) do
    {registry, options} = Keyword.pop_first(options, :global_schemas, :absent)
    layers = Config.layers(options)
    repo = Config.host_option(layers, :repo, nil)
    global = global(registry, Config.host_option(layers, :otp_app, nil))
    named = Enum.filter(Enum.map(entries, &target/1), &schema?/1)
    schemas = Enum.uniq(named ++ List.wrap(global))
    sources = Map.new(schemas, &{&1, Hydration.source!(repo, &1)})
    modules = Map.new(schemas, &{Atom.to_string(&1), &1})

    request =
      Map.merge(layers, %{
        schemas: Enum.map(schemas, &schema(&1, sources)),
        entries: Enum.map(entries, &entry(&1, schemas)),
        global_schemas: global && Enum.map(global, &number(&1, schemas)),
        module: modules
      })

    case Core.run_within(Telemetry.spans(), "search_many", request) do
      {{:ok, found}, spans} ->
        preload = Config.host_option(layers, :preload, [])
        decorate(found, List.to_tuple(schemas), sources, preload, spans, modules)

      {{:error, reason}, _spans} ->
        {:error, in_modules(reason, modules, List.to_tuple(schemas))}
    end
  end

  ## What is asked

  defp target({target, _text}), do: target
  defp target({target, _text, _options}), do: target
  defp target(_other), do: nil

  defp schema?(target), do: is_atom(target) and target not in [nil, :all]

  defp schema(module, sources) do
    %{
      schema: Schema.json!(module),
      primary_key: Hydration.primary_key(sources[module]),
      label: Atom.to_string(module)
    }
  end

  defp entry({target, text}, schemas), do: entry({target, text, []}, schemas)

  defp entry({:all, text, options}, _schemas), do: %{schema: nil, text: text, options: options}

  defp entry({target, text, options}, schemas) when is_atom(target) and target != nil,
    do: %{schema: number(target, schemas), text: text, options: options}

  defp entry(_other, _schemas), do: nil

  defp number(module, schemas), do: Enum.find_index(schemas, &(&1 == module))

  defp global(:absent, nil), do: nil

  defp global(:absent, app),
    do: Application.get_env(app, :scrypath_global_search_schemas, [])

  defp global(registry, _app), do: registry

  ## What was found

  defp decorate(found, schemas, sources, preload, spans, modules) do
    outcomes = Enum.map(found.entries, fn _entry -> nil end)
    outcomes = if found.pending, do: fetch_all(found, schemas, sources, preload), else: outcomes

    transport = Enum.map(found.failures, &failure(&1, schemas))

    case finish(found.pending, outcomes, spans, modules) do
      {:ok, finished} -> {:ok, result(found, finished, outcomes, schemas, transport)}
      {:error, {:all_failed, _}} -> {:error, {:all_failed, transport ++ late(found, outcomes, schemas)}}
      {:error, reason} -> {:error, reason}
    end
  end

  defp fetch_all(found, schemas, sources, preload) do
    # Not linked: rows that cannot be fetched are a failure of one entry, not the end of the caller.
    tasks =
      for entry <- found.entries do
        schema = elem(schemas, entry.schema)
        entry.ids && fetch(sources[schema], schema, entry.ids, preload)
      end

    deadline = System.monotonic_time(:millisecond) + found.hydration_timeout
    for task <- tasks, do: task && await(task, deadline)
  end

  defp fetch(source, schema, ids, preload) do
    caller = self()
    reference = make_ref()
    callers = [caller | Process.get(:"$callers") || []]

    work = fn ->
      # So that a sandboxed repo knows whose connection this is.
      Process.put(:"$callers", callers)
      send(caller, {reference, Hydration.fetch(source, schema, ids, preload)})
    end

    {pid, monitor} = spawn_monitor(work)
    {pid, monitor, reference}
  end

  defp await({pid, monitor, reference}, deadline) do
    left = max(deadline - System.monotonic_time(:millisecond), 0)

    receive do
      {^reference, fetched} ->
        Process.demonitor(monitor, [:flush])
        fetched

      {:DOWN, ^monitor, :process, ^pid, reason} ->
        {:failed, {:hydration_exit, reason}}
    after
      left ->
        Process.demonitor(monitor, [:flush])
        Process.exit(pid, :kill)
        receive(do: ({^reference, fetched} -> fetched), after: (0 -> {:failed, :hydration_timeout}))
    end
  end

  defp finish(nil, outcomes, _spans, _modules) do
    {:ok, %{hydrated: Enum.map(outcomes, fn _ -> nil end), failed: []}}
  end

  defp finish(pending, outcomes, spans, modules) do
    request = %{pending: pending, outcomes: Enum.map(outcomes, &outcome/1), module: modules}
    {result, _spans} = Core.run_within(spans, "finish_search_many", request)
    result
  end

  defp outcome(nil), do: %{}
  # Why an exit came about may hold data; the core is told that it did.
  defp outcome({:failed, :hydration_timeout}), do: %{failed: :hydration_timeout}
  defp outcome({:failed, {:hydration_exit, _reason}}), do: %{failed: :hydration_exit}
  defp outcome({_rows, keys}), do: %{found: keys}

  defp result(found, finished, outcomes, schemas, transport) do
    kept =
      for {{entry, hydrated, outcome}, at} <-
            Enum.with_index(Enum.zip([found.entries, finished.hydrated, outcomes])),
          at not in finished.failed,
          do: {at, {elem(schemas, entry.schema), search_result(entry, hydrated, outcome)}}

    places = kept |> Enum.with_index() |> Map.new(fn {{at, _result}, place} -> {at, place} end)
    merged = found.merged && Enum.filter(found.merged, &is_map_key(places, elem(&1, 0)))
    ordered = Enum.map(kept, &elem(&1, 1))
    schema_of = fn entry -> ordered |> Enum.at(places[entry]) |> elem(0) end

    MultiSearchResult.new(
      ordered: ordered,
      by_schema: Map.new(ordered),
      failures: transport ++ late(found, outcomes, schemas),
      federation: found.federation,
      merge_hit_order: merged && for({entry, _hit, id} <- merged, do: {schema_of.(entry), id}),
      merged: merged && for({entry, hit, _id} <- merged, do: {places[entry], hit})
    )
  end

  defp search_result(entry, nil, _outcome), do: SearchResult.new(entry, [], [])

  defp search_result(entry, hydrated, {rows, _keys}) do
    rows = List.to_tuple(rows)
    SearchResult.new(entry, Enum.map(hydrated.order, &elem(rows, &1)), hydrated.missing_ids)
  end

  ## What failed

  defp late(found, outcomes, schemas) do
    for {entry, {:failed, reason}} <- Enum.zip(found.entries, outcomes),
        do: %{schema: elem(schemas, entry.schema), reason: reason}
  end

  defp failure(%{schema: number, reason: reason}, schemas) do
    reason = if is_map(reason), do: Failure.reason(reason), else: reason
    %{schema: elem(schemas, number), reason: reason}
  end

  defp in_modules({:validation_failed, name, inner}, modules, _schemas),
    do: {:validation_failed, Map.get(modules, name, name), inner}

  defp in_modules({:all_failed, failures}, _modules, schemas),
    do: {:all_failed, Enum.map(failures, &failure(&1, schemas))}

  defp in_modules(reason, _modules, _schemas), do: reason
end
