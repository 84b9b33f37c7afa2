# 3,200 films in SQLite, found through the embedded index. Run it with `mix run demo.exs`.

defmodule Movie do
  # The declaration is shared with the demos in Python and Node.
  use Scrypath, from: "../tests/data/movie.schema.json"

  @columns ~w(id title director genre creative_type source distributor mpaa_rating release_date year
              running_time_min imdb_rating imdb_votes rotten_tomatoes budget worldwide_gross)a
  defstruct @columns

  def columns, do: @columns
end

defmodule Films do
  @moduledoc "The films' table in SQLite, through Debian's driver."
  @behaviour Scrypath.Repo

  @impl true
  def fetch(Movie, key, ids, _preload) do
    all("where #{key} in (select value from json_each(?))", ["[#{Enum.join(ids, ",")}]"])
  end

  def all(where \\ "", values \\ []) do
    query = "select #{Enum.join(Movie.columns(), ", ")} from movies #{where}"
    [{:columns, _names}, {:rows, rows}] = :sqlite3.sql_exec(__MODULE__, query, values)

    for row <- rows do
      values = for value <- Tuple.to_list(row), do: if(value == :null, do: nil, else: value)
      struct!(Movie, Enum.zip(Movie.columns(), values))
    end
  end

  def get(id), do: hd(all("where id = ?", [id]))
  def execute(query, values \\ []), do: :sqlite3.sql_exec(__MODULE__, query, values)

  # SQLite reads the JSON itself, in one statement for all lines.
  def load(lines) do
    {:ok, _pid} = :sqlite3.open(__MODULE__, in_memory: true)
    :ok = execute("create table movies (id integer primary key, #{Enum.join(tl(Movie.columns()), ", ")})")
    read = Enum.map_join(Movie.columns(), ", ", &"json_extract(value, '$.#{&1}')")
    execute("insert into movies select #{read} from json_each(?)", ["[#{Enum.join(lines, ",")}]"])
    length(all())
  end
end

defmodule Table do
  @columns ~w(id title year imdb_rating worldwide_gross)a

  def print(records) do
    lines = [@columns | for(record <- records, do: Enum.map(@columns, &Map.fetch!(record, &1)))]
    lines = for line <- lines, do: Enum.map(line, &if(&1 == nil, do: "-", else: to_string(&1)))

    widths =
      for column <- Enum.zip(lines), do: column |> Tuple.to_list() |> Enum.map(&String.length/1) |> Enum.max()

    for line <- lines do
      padded = Enum.zip_with(line, widths, &String.pad_trailing/2)
      padded |> Enum.join("  ") |> String.trim_trailing() |> IO.puts()
    end
  end
end

index = Path.join(System.tmp_dir!(), "scrypath-demo-#{System.pid()}")
options = [backend: Scrypath.Meilisearch, meilisearch_url: "embedded:#{index}"]
hydrated = options ++ [repo: Films]

# 1. The films are in the database.
lines = "../tests/data/movies.ndjson" |> File.read!() |> String.split("\n", trim: true)
IO.puts("loaded #{Films.load(lines)} films into SQLite")

# 2. All of them become searchable.
{:ok, written} = Scrypath.sync_records(Movie, Films.all(), options ++ [inline_timeout: 60_000])
IO.puts("synced #{written.document_count} films: #{written.status}")

# 3. A search with a filter, a sort and facets, giving rows of the database.
love = [
  filter: [genre: "Drama", year: [gte: 1990]],
  sort: [desc: :worldwide_gross],
  facets: [:mpaa_rating],
  page: [number: 1, size: 5]
]

result = Scrypath.search!(Movie, "love", hydrated ++ love)
%{total_hits: hits, number: number, total_pages: pages} = result.page
IO.puts("\"love\": #{hits} hits, page #{number} of #{pages}")
Table.print(result.records)
buckets = for bucket <- result.facets.distribution.mpaa_rating, do: "#{bucket.value} #{bucket.count}"
IO.puts("mpaa_rating: #{Enum.join(buckets, ", ")}")

# 4. A film changes, and the index follows.
[first, second | _rest] = result.records
Films.execute("update movies set title = 'Zanzibar Nights' where id = ?", [first.id])
{:ok, %{status: :completed}} = Scrypath.sync_record(Movie, Films.get(first.id), options)
%{records: [found]} = Scrypath.search!(Movie, "zanzibar", hydrated)
IO.puts("\"zanzibar\": 1 hit: #{found.id} #{found.title} (#{found.year})")

# 5. A film goes, and the index follows.
Films.execute("delete from movies where id = ?", [first.id])
{:ok, %{status: :completed}} = Scrypath.delete_record(Movie, first, options)
IO.puts("\"zanzibar\": #{length(Scrypath.search!(Movie, "zanzibar", hydrated).hits)} hits")

# 6. A row goes and nobody tells the index: the result says so.
Films.execute("delete from movies where id = ?", [second.id])
missing = Scrypath.search!(Movie, "love", hydrated ++ love).missing_ids
IO.puts("missing_ids: [#{Enum.join(missing, ", ")}]")

File.rm_rf!(index)
