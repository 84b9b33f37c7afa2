unless Scrypath.Optional.ecto?() do
  IO.puts(
    "Ecto integration tests are left out: no Hex, and no #{System.get_env("SCRYPATH_DEPS_PATH") || "~/.cache/scrypath/hex"}/ecto"
  )
end

ExUnit.start(exclude: if(Scrypath.Optional.ecto?(), do: [], else: [:ecto]))
