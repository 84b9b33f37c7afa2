defmodule Scrypath.Hydration do
  @moduledoc false

  # From hits to records: the host fetches, the core restores the order.

  alias Scrypath.{Core, Optional}

  @type source :: {(module(), atom(), [term()], list() -> [map()]), key :: atom()}

  @doc "How records of `schema` are fetched from `repo`, and by which key. `nil` without a repo."
  @spec source!(module() | nil, module()) :: source() | nil
  def source!(nil, _schema), do: nil

  def source!(repo, schema) when is_atom(repo) do
    cond do
      Optional.ecto_repo?(repo) and Optional.ecto_schema?(schema) ->
        {&apply(Scrypath.Repo.Ecto, :fetch, [repo, &1, &2, &3, &4]), key(schema)}

      Code.ensure_loaded?(repo) and function_exported?(repo, :fetch, 4) ->
        {&repo.fetch/4, key(schema)}

      true ->
        raise ArgumentError,
              "#{inspect(repo)} cannot hydrate #{inspect(schema)}: expected an Ecto.Repo (with an Ecto schema), " <>
                "or a module that implements Scrypath.Repo"
    end
  end

  def source!(repo, _schema) do
    raise ArgumentError,
          "invalid value for :repo option: expected a module or nil, got: #{inspect(repo)}"
  end

  @doc "The key that rows are fetched by, as the core knows it."
  @spec primary_key(source() | nil) :: String.t() | nil
  def primary_key(nil), do: nil
  def primary_key({_fetch, key}), do: Atom.to_string(key)

  defp key(schema) do
    case Optional.ecto_schema?(schema) && schema.__schema__(:primary_key) do
      [key | _rest] -> key
      _ -> schema.__scrypath__(:document_id)
    end
  end

  @doc "The records of a search's hits in hit order, and the ids that have none."
  @spec records(source() | nil, module(), map(), list(), Scrypath.Telemetry.spans()) ::
          {[map()], [term()]}
  def records(_source, _schema, %{hydration: nil}, _preload, _spans), do: {[], []}

  def records(source, schema, %{hydration: %{ids: ids, pending: pending}}, preload, spans) do
    {rows, found} =
      try do
        fetch(source, schema, ids, preload)
      catch
        kind, reason ->
          Core.run_within(spans, "hydration_failed", %{pending: pending, module: schema})
          :erlang.raise(kind, reason, __STACKTRACE__)
      end

    request = %{pending: pending, found: found, module: schema}
    {{:ok, hydrated}, _spans} = Core.run_within(spans, "hydrate", request)
    rows = List.to_tuple(rows)
    {Enum.map(hydrated.order, &elem(rows, &1)), hydrated.missing_ids}
  end

  @doc "The rows of a search's ids, and their keys, both in the order they came."
  @spec fetch(source(), module(), [term()], list()) :: {[map()], [term()]}
  def fetch({fetch, key}, schema, ids, preload) do
    rows = fetch.(schema, key, ids, List.wrap(preload))
    {rows, Enum.map(rows, &key_of(&1, key))}
  end

  defp key_of(record, key) do
    case record do
      %{^key => value} -> value
      %{} -> Map.fetch!(record, Atom.to_string(key))
    end
  end
end
