# Microseconds of a transaction that enqueues one write, beside one with a bare INSERT: enqueue.exs DATABASE_URL ROUNDS.
Code.require_file("../interop/postgres.exs", __DIR__)

defmodule Note do
  use Scrypath, fields: [:title, :body]
  defstruct [:id, :title, :body]

  def of(id, body), do: %__MODULE__{id: id, title: "The note number #{id}", body: body}
end

defmodule Compare do
  # Rounds in turn, so that what slows the machine slows both.
  def medians(name, other, bare, ours, rounds) do
    {ours, bare} =
      for number <- 1..(rounds + 100) do
        if rem(number, 2) == 0 do
          mine = timed(ours)
          {mine, timed(bare)}
        else
          other = timed(bare)
          {timed(ours), other}
        end
      end
      |> Enum.drop(100)
      |> Enum.unzip()

    {ours, bare} = {median(ours), median(bare)}
    ratio = :erlang.float_to_binary(ours / bare, decimals: 2)

    IO.puts(
      "#{String.pad_trailing(name, 24)} #{other} #{column(bare)} µs  enqueue #{column(ours)} µs  x #{ratio}"
    )
  end

  defp timed(call) do
    started = System.monotonic_time()
    call.()
    System.convert_time_unit(System.monotonic_time() - started, :native, :nanosecond) / 1000
  end

  defp median(times), do: Enum.at(Enum.sort(times), div(length(times), 2))
  defp column(us), do: us |> :erlang.float_to_binary(decimals: 1) |> String.pad_leading(7)
end

alias Scrypath.Interop.Postgres

[url, rounds] = System.argv()
rounds = String.to_integer(rounds)
database = Postgres.connect!(url)
query = fn sql, parameters -> Postgres.rows(database, sql, parameters) end

within = fn work ->
  Postgres.tell(database, "BEGIN")
  work.()
  Postgres.tell(database, "COMMIT")
end

options = [
  backend: Scrypath.Meilisearch,
  meilisearch_url: "http://nowhere",
  sync_mode: :oban,
  oban_queue: :bench,
  connection: {:postgres, query}
]

body = String.duplicate("Two strangers meet under the lights of a small harbour. ", 4)

ours = fn ->
  within.(fn ->
    {:ok, _} = Scrypath.sync_record(Note, Note.of(1, body), options)
  end)
end

Postgres.tell(database, "TRUNCATE oban_jobs")
ours.()
[row] = query.("SELECT queue, worker, args::text FROM oban_jobs", [])

insert =
  "INSERT INTO oban_jobs (queue, worker, args, max_attempts) VALUES ($1, $2, $3::text::jsonb, $4) RETURNING id"

bare = fn -> within.(fn -> query.(insert, row ++ [8]) end) end
Compare.medians("Elixir, p1_pgsql", "bare INSERT", bare, ours, rounds)

# Beside an Oban of that application's own, where there is one: through it, and Oban's own insert.
if Scrypath.Optional.workers?() and Code.ensure_loaded?(Ecto.Adapters.Postgres) do
  Code.require_file("enqueue_oban.exs", __DIR__)
  EnqueueOban.run(url, rounds, Keyword.delete(options, :connection), body)
else
  IO.puts("Elixir, Oban             left out: no Hex packages")
end
