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
