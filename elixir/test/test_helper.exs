# Optional libraries are not started with the package. A stand-in has no application.
for library <- [:telemetry, :ecto], do: Application.ensure_all_started(library)

unless Scrypath.Optional.ecto?() do
  IO.puts("The tests that need Ecto are left out: no Hex, and no packages in SCRYPATH_DEPS_PATH.")
end

ExUnit.start()
