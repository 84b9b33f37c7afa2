# Optional libraries are not started with the package.
for library <- [:telemetry, :ecto], do: Application.ensure_all_started(library)

# A stand-in has no application that could run.
unless Process.whereis(:telemetry_sup) do
  Process.register(spawn(fn -> Process.sleep(:infinity) end), :telemetry_sup)
end

unless Scrypath.Optional.ecto?() do
  IO.puts("The tests that need Ecto are left out: no Hex, and no packages in SCRYPATH_DEPS_PATH.")
end

ExUnit.start()
