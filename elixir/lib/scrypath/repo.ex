defmodule Scrypath.Repo do
  @moduledoc """
  Where hits are hydrated from, for applications without Ecto.

  An `Ecto.Repo` is used as it is. Anything else implements one function, which fetches rows by key in
  one query:

      defmodule Harbor.Rows do
        @behaviour Scrypath.Repo

        @impl true
        def fetch(Harbor.Vessel, :id, ids, _preload) do
          Harbor.Database.select("vessels", id: ids)
        end
      end

      Scrypath.search(Harbor.Vessel, "tug", repo: Harbor.Rows)

  Rows may come in any order, and rows that are gone are left out: Scrypath restores the order of the
  hits, and reports what is missing in `missing_ids`.
  """

  @doc """
  Fetches the records of `schema` whose `key` is among `ids`.

  `ids` come as the index holds them: numbers, or strings. `preload` is the call's option, `[]` if it had
  none. A record is a struct or map that has `key` as an atom or string key.
  """
  @callback fetch(schema :: module(), key :: atom(), ids :: [term()], preload :: list()) :: [
              struct() | map()
            ]
end

# In this file, since Mix compiles a file again only where it defines some module.
if Scrypath.Optional.ecto?() do
  defmodule Scrypath.Repo.Ecto do
    @moduledoc false

    # Hydration from an Ecto.Repo: one `all`, with the preloads that were asked for and no others.

    import Ecto.Query

    @spec fetch(module(), module(), atom(), [term()], list()) :: [struct()]
    def fetch(repo, schema, key, ids, preload) do
      query = from(record in schema, where: field(record, ^key) in ^cast(schema, key, ids))
      repo.all(if preload == [], do: query, else: preload(query, ^preload))
    end

    # An id the key's type cannot hold has no row. Left in, it would fail the whole query.
    defp cast(schema, key, ids) do
      type = schema.__schema__(:type, key)

      for id <- ids, {:ok, cast} <- [Ecto.Type.cast(type, id)] do
        cast
      end
    end
  end
end
