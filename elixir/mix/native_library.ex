defmodule Scrypath.NativeLibrary do
  @moduledoc false

  # Where the native library comes from: built by cargo beside its sources, or shipped in priv/.

  @package Path.expand("..", __DIR__)
  @workspace Path.expand("..", @package)

  def built? do
    File.exists?(Path.join(@workspace, "bindings/elixir/Cargo.toml")) and cargo() != nil
  end

  def shipped?, do: File.exists?(target())

  def target, do: Path.join([@package, "priv", "native", "scrypath_elixir#{suffix()}"])

  @doc "Builds the library and puts it into priv/, where it differs from the one there."
  def build! do
    # `make` has built it with all the rest: alone it has other features, and everything would be compiled twice.
    if System.get_env("SCRYPATH_BUILT"), do: install(), else: build()
  end

  defp build do
    arguments = ["build", "--release", "--quiet", "-p", "scrypath-elixir"]

    case System.cmd(cargo(), arguments, cd: @workspace, into: IO.stream(:stderr, :line)) do
      {_output, 0} -> install()
      {_output, status} -> {:error, "cargo #{Enum.join(arguments, " ")} ended with status #{status}"}
    end
  end

  # A running VM may have the old file mapped: the new one must be another file, moved into place.
  defp install do
    built = Path.join([target_dir(), "release", artifact()])

    if shipped?() and File.read!(built) == File.read!(target()) do
      :noop
    else
      File.mkdir_p!(Path.dirname(target()))
      File.cp!(built, target() <> ".new")
      File.rename!(target() <> ".new", target())
      :ok
    end
  end

  defp cargo, do: System.find_executable("cargo")

  defp target_dir do
    Path.expand(System.get_env("CARGO_TARGET_DIR") || "target", @workspace)
  end

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
  def clean, do: File.rm(NativeLibrary.target())

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
