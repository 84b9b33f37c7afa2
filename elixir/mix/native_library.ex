defmodule Scrypath.NativeLibrary do
  @moduledoc false

  # Where the native library and the `scrypath` command come from: built by cargo beside their sources, or shipped in
  # priv/.

  @package Path.expand("..", __DIR__)
  @workspace Path.expand("..", @package)

  def built? do
    File.exists?(Path.join(@workspace, "bindings/elixir/Cargo.toml")) and cargo() != nil
  end

  def shipped?, do: File.exists?(target())

  def target, do: Path.join([@package, "priv", "native", "scrypath_elixir#{suffix()}"])

  @doc "The command; a package may lack it."
  def command, do: Path.join([@package, "priv", "native", "scrypath#{exe()}"])

  @doc "Builds library and command, and puts them into priv/, where they differ from those there."
  def build! do
    # `make` has built it with all the rest: alone it has other features, and everything would be compiled twice.
    if System.get_env("SCRYPATH_BUILT"), do: install(), else: build()
  end

  defp build do
    arguments = ["build", "--release", "--quiet", "-p", "scrypath-elixir", "-p", "scrypath-cli"]

    case System.cmd(cargo(), arguments, cd: @workspace, into: IO.stream(:stderr, :line)) do
      {_output, 0} -> install()
      {_output, status} -> {:error, "cargo #{Enum.join(arguments, " ")} ended with status #{status}"}
    end
  end

  defp install do
    placed = [place(artifact(), target()), place("scrypath#{exe()}", command())]
    if :ok in placed, do: :ok, else: :noop
  end

  # A running VM may have the old file mapped: the new one must be another file, moved into place.
  defp place(name, as) do
    built = Path.join([target_dir(), "release", name])

    if File.exists?(as) and File.read!(built) == File.read!(as) do
      :noop
    else
      File.mkdir_p!(Path.dirname(as))
      File.cp!(built, as <> ".new")
      File.rename!(as <> ".new", as)
      :ok
    end
  end

  defp cargo, do: System.find_executable("cargo")

  defp target_dir do
    Path.expand(System.get_env("CARGO_TARGET_DIR") || "target", @workspace)
  end

  defp exe, do: if(match?({:win32, _}, :os.type()), do: ".exe", else: "")

  # The BEAM loads `.so` on every Unix, macOS included.
  defp suffix, do: if(match?({:win32, _}, :os.type()), do: ".dll", else: ".so")

  defp artifact do
    case :os.type() do
      {:win32, _} -> "scrypath_elixir.dll"
      {:unix, :darwin} -> "libscrypath_elixir.dylib"
      _ -> "libscrypath_elixir.so"
    end
  end
end

defmodule Mix.Tasks.Compile.ScrypathNative do
  @moduledoc false
  @shortdoc "Builds Scrypath's native library"
  use Mix.Task.Compiler

  alias Scrypath.NativeLibrary

  @impl true
  def run(_arguments) do
    cond do
      NativeLibrary.built?() ->
        built(NativeLibrary.build!())

      NativeLibrary.shipped?() ->
        {:noop, []}

      true ->
        failed("there is no prebuilt native library for this platform, and no cargo to build it")
    end
  end

  @impl true
  def clean, do: Enum.each([NativeLibrary.target(), NativeLibrary.command()], &File.rm/1)

  defp built(:noop), do: {:noop, []}

  defp built(:ok) do
    # priv/ may not have existed when Mix linked it into the build.
    Mix.Project.build_structure()
    {:ok, []}
  end

  defp built({:error, message}), do: failed(message)

  defp failed(message) do
    advice = "install Rust 1.88 or newer (https://rustup.rs) and compile again"
    Mix.shell().error("scrypath: #{message}; #{advice}")

    diagnostic = %Mix.Task.Compiler.Diagnostic{
      compiler_name: "scrypath_native",
      details: nil,
      file: "mix.exs",
      message: message,
      position: nil,
      severity: :error
    }

    {:error, [diagnostic]}
  end
end
