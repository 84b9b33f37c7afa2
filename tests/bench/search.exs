# Median microseconds of one search through the Elixir package: search.exs URL ROUNDS.
defmodule Movie do
  use Scrypath, fields: [:id, :title], filterable: [:genre]
  defstruct [:id, :title]
end

[url, rounds] = System.argv()
rounds = String.to_integer(rounds)
opts = [backend: Scrypath.Meilisearch, meilisearch_url: url, filter: [genre: "Drama"]]
round = fn -> {:ok, _} = Scrypath.search(Movie, "film", opts) end

for _ <- 1..min(rounds, 200), do: round.()

times =
  for _ <- 1..rounds do
    started = System.monotonic_time()
    round.()
    System.convert_time_unit(System.monotonic_time() - started, :native, :nanosecond) / 1000
  end

IO.puts(:erlang.float_to_binary(Enum.at(Enum.sort(times), div(rounds, 2)), decimals: 1))
