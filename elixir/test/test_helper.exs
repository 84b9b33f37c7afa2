# Optional libraries are not started with the package.
for library <- [:telemetry, :ecto, :oban], do: Application.ensure_all_started(library)

# A stand-in has no application that could run.
unless Process.whereis(:telemetry_sup) do
  Process.register(spawn(fn -> Process.sleep(:infinity) end), :telemetry_sup)
end

cond do
  not Scrypath.Optional.ecto?() ->
    IO.puts("The tests that need Ecto are left out: no Hex, and no packages in SCRYPATH_DEPS_PATH.")

  not Code.ensure_loaded?(Ecto.Adapters.Postgres) ->
    IO.puts("The tests that need PostgreSQL are left out: no ecto_sql and postgrex.")

  System.get_env("SCRYPATH_TEST_POSTGRES") == nil ->
    IO.puts("The tests that need PostgreSQL are left out: no SCRYPATH_TEST_POSTGRES.")

  true ->
    Application.ensure_all_started(:postgrex)
    IO.puts("The tests with Ecto and PostgreSQL are run.")
end

System.put_env("SCRYPATH_COMMAND", Scrypath.Test.SearchServer.binary!())
ExUnit.start()
