defmodule Note do
  use Scrypath,
    fields: [:id, :title, :status],
    filterable: [:status],
    sortable: [:title],
    faceting: [attributes: [:status]]

  defstruct [:id, :title, :status]
end

# Where hits become records again: an Ecto repo, or a module with one function.
defmodule Notes do
  @behaviour Scrypath.Repo
  @rows %{
    1 => %Note{id: 1, title: "Harbour lights", status: "open"},
    2 => %Note{id: 2, title: "Harbour master", status: "closed"}
  }
  def all, do: Map.values(@rows)

  @impl true
  def fetch(Note, :id, ids, _preload), do: for(id <- ids, row = @rows[id], do: row)
end

opts = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:"]

# :inline returns when the index has the documents; :manual when it has accepted them.
{:ok, %{status: :completed}} = Scrypath.sync_records(Note, Notes.all(), opts ++ [sync_mode: :inline])

{:ok, result} =
  Scrypath.search(Note, "harb", opts ++ [filter: [status: "open"], facets: [:status], repo: Notes])

[%{title: "Harbour lights"}] = result.records
[] = result.missing_ids
[%{value: "open", count: 1}] = result.facets.distribution.status

{:ok, %{status: :completed}} = Scrypath.delete_record(Note, %{id: 1}, opts)
{:ok, %{hits: []}} = Scrypath.search(Note, "lights", opts)

# What would be sent, without sending it.
{:ok, %{request: request}} = Scrypath.explain(Note, "harb", opts ++ [filter: [status: ["open", "new"]]])
["status IN [\"open\", \"new\"]"] = request.body["filter"]

# A misspelt field is refused before anything is sent, with what is accepted.
try do
  Scrypath.search(Note, "harb", opts ++ [filter: [statsu: "open"]])
rescue
  error in ArgumentError ->
    true = error.message =~ "field :statsu is not declared filterable on note; filterable: [:status]"
end
