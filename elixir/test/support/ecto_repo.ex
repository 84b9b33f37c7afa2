if Scrypath.Optional.ecto?() do
  defmodule Scrypath.Test.Tables do
    @moduledoc false

    # An Ecto adapter over rows that stand in the process dictionary: it carries out what hydration and
    # preloads ask, `where: field in ^values`, and tells the caller each query.

    @behaviour Ecto.Adapter
    @behaviour Ecto.Adapter.Queryable

    def put(table, rows), do: Process.put({__MODULE__, table}, rows)

    @impl Ecto.Adapter
    defmacro __before_compile__(_env), do: :ok
    @impl Ecto.Adapter
    def ensure_all_started(_config, _type), do: {:ok, []}
    @impl Ecto.Adapter
    def init(_config), do: {:ok, Task.child_spec(fn -> Process.sleep(:infinity) end), %{}}
    @impl Ecto.Adapter
    def checkout(_meta, _options, work), do: work.()
    @impl Ecto.Adapter
    def checked_out?(_meta), do: false
    @impl Ecto.Adapter
    def loaders(_primitive, type), do: [type]
    @impl Ecto.Adapter
    def dumpers(_primitive, type), do: [type]

    @impl Ecto.Adapter.Queryable
    def prepare(:all, query), do: {:nocache, query}

    @impl Ecto.Adapter.Queryable
    def execute(_meta, _query_meta, {:nocache, query}, values, _options) do
      {table, _schema, _prefix} = elem(query.sources, 0)
      {column, wanted} = condition(query.wheres, values)
      send(self(), {:queried, table, wanted})

      rows = for row <- Process.get({__MODULE__, table}), value(row, column) in wanted, do: row
      rows = for row <- rows, do: Enum.map(query.select.fields, &value(row, &1))
      {length(rows), rows}
    end

    defp condition([%{expr: {:in, _, [column, {:^, _, [first, count]}]}}], values) do
      {column, Enum.slice(values, first, count)}
    end

    defp condition([%{expr: {:==, _, [column, {:^, _, [at]}]}}], values), do: {column, [Enum.at(values, at)]}

    @impl Ecto.Adapter.Queryable
    def stream(_meta, _query_meta, _query, _values, _options), do: raise("not needed")

    defp value(row, {{:., _, [{:&, _, [0]}, field]}, _, []}), do: Map.fetch!(row, field)
  end

  defmodule Scrypath.Test.Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :scrypath, adapter: Scrypath.Test.Tables
  end

  defmodule Scrypath.Examples.Sailor do
    @moduledoc false
    use Ecto.Schema

    schema "sailors" do
      field(:name, :string)
      field(:ship_id, :integer)
    end
  end

  defmodule Scrypath.Examples.Ship do
    @moduledoc false
    use Ecto.Schema
    use Scrypath, fields: [:id, :name, :launched, :tonnage], sortable: [:tonnage]

    schema "ships" do
      field(:name, :string)
      field(:launched, :date)
      field(:tonnage, :decimal)
      has_many(:crew, Scrypath.Examples.Sailor)
    end
  end

  defmodule Scrypath.Examples.Muster do
    @moduledoc false
    use Ecto.Schema
    use Scrypath, fields: [:name, :crew]

    schema "ships" do
      field(:name, :string)
      has_many(:crew, Scrypath.Examples.Sailor, foreign_key: :ship_id)
    end

    def search_document(muster), do: %{id: muster.id, name: muster.name, crew: muster.crew}
  end
end
