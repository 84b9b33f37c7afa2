defmodule Scrypath.Examples.Note do
  @moduledoc false
  use Scrypath, fields: [:title], filterable: [:status]
  defstruct [:id, :title, :status]
end

defmodule Scrypath.Examples.Vessel do
  @moduledoc false
  use Scrypath,
    fields: [:id, :name, :flag, :kind, :built],
    filterable: [:flag, :kind, :built],
    sortable: [:built, :name],
    faceting: [attributes: [:kind, :flag]]

  defstruct [:id, :name, :flag, :kind, :built]
end

defmodule Scrypath.Examples.Berth do
  @moduledoc false
  # Both hooks: documents are named after the dock.
  use Scrypath, fields: [:label], filterable: [:dock_id], tenant_field: :dock_id
  defstruct [:id, :dock_id, :label]

  def search_document(berth), do: %{id: search_document_id(berth), label: "berth #{berth.label}"}
  def search_document_id(berth), do: "#{berth.dock_id}-#{berth.id}"
end

defmodule Scrypath.Examples.Dock do
  @moduledoc false
  # What berths are at. Which those are is known without a database.
  use Scrypath,
    fields: [:name],
    fan_outs: [
      berths: [target: Scrypath.Examples.Berth, resolver: {Scrypath.Examples.Dock, :berths, []}]
    ]

  defstruct [:id, :name]

  def berths(ids), do: for(dock <- ids, id <- 1..2, do: %{id: id, dock_id: dock, label: "at #{dock}"})
end

defmodule Scrypath.Examples.Quay do
  @moduledoc false
  # Documents of several tenants, the docks.
  use Scrypath,
    fields: [:id, :name, :dock, :kind],
    filterable: [:dock, :kind],
    sortable: [:name],
    faceting: [attributes: [:kind, :dock]],
    tenant_field: :dock

  defstruct [:id, :name, :dock, :kind]

  @doc "Two of each dock, alike but for their names."
  def all do
    for {dock, id} <- [{"north", 1}, {"north", 2}, {"south", 3}, {"south", 4}],
        do: %__MODULE__{
          id: id,
          name: "Quay #{id}",
          dock: dock,
          kind: if(rem(id, 2) == 1, do: "fish", else: "steel")
        }
  end
end

# Stand-ins for what these libraries' structs look like, where they are not there.
unless Code.ensure_loaded?(Ecto.Association.NotLoaded) do
  defmodule Ecto.Association.NotLoaded do
    @moduledoc false
    defstruct [:__field__, :__owner__, :__cardinality__]
  end
end

unless Code.ensure_loaded?(Decimal) do
  defmodule Decimal do
    @moduledoc false
    defstruct sign: 1, coef: 0, exp: 0
  end
end

unless Code.ensure_loaded?(:telemetry) do
  defmodule :telemetry do
    @moduledoc false
    # The part of the library that is used here: handlers run in the caller's process.
    def attach_many(id, events, handler, config) do
      :persistent_term.put({__MODULE__, id}, {events, handler, config})
    end

    def detach(id), do: :persistent_term.erase({__MODULE__, id})

    def span(event, metadata, work) do
      execute(event ++ [:start], %{system_time: System.system_time()}, metadata)
      since = System.monotonic_time()
      {result, ended} = work.()
      execute(event ++ [:stop], %{duration: System.monotonic_time() - since}, ended)
      result
    end

    def execute(event, measurements, metadata) do
      for {{__MODULE__, _id}, {events, handler, config}} <- :persistent_term.get(),
          event in events do
        handler.(event, measurements, metadata, config)
      end

      :ok
    end
  end
end

if Scrypath.Optional.ecto?() do
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
