defmodule Scrypath.Worker.Command do
  @moduledoc false

  # The `scrypath` command: where it is, and how it is run so that it ends with this VM.

  @doc "The command: what `SCRYPATH_COMMAND` names, else beside the native library, else on `PATH`."
  @spec find(Path.t()) :: {:ok, Path.t()} | {:error, {:queue_unavailable, String.t()}}
  def find(beside \\ beside()) do
    case System.get_env("SCRYPATH_COMMAND") do
      named when named in [nil, ""] ->
        found(
          System.find_executable(beside) || System.find_executable("scrypath"),
          "the command scrypath was not found beside the package's native library, nor on PATH"
        )

      named ->
        found(System.find_executable(named), "SCRYPATH_COMMAND names #{inspect(named)}, which cannot be run")
    end
  end

  defp found(nil, what) do
    {:error,
     {:queue_unavailable,
      "#{what}; install it (cargo install scrypath-cli) or name it in the environment as SCRYPATH_COMMAND"}}
  end

  defp found(path, _what), do: {:ok, path}

  defp beside, do: :scrypath |> :code.priv_dir() |> Path.join("native/scrypath")

  @doc "A port of the command; what it says comes by lines, standard error among it."
  @spec open(Path.t(), [String.t()], [{String.t(), String.t() | nil}]) :: port()
  def open(path, arguments, environment) do
    environment =
      for {name, value} <- [{"NO_COLOR", "1"} | environment],
          do: {String.to_charlist(name), if(value, do: String.to_charlist(value), else: false)}

    # Tied: it ends at a line of its input, which a port can send, or at its end, which comes however the VM ends.
    Port.open({:spawn_executable, path}, [
      :binary,
      :exit_status,
      :hide,
      :stderr_to_stdout,
      args: arguments ++ ["--tied"],
      env: environment,
      line: 16_384
    ])
  end

  @doc "Asks the command to end. What it began is finished first."
  @spec stop(port()) :: true
  def stop(port), do: Port.command(port, "stop\n")

  @doc "The database that a command is given: what the caller says, else `DATABASE_URL`."
  @spec database_url!(String.t() | nil) :: String.t()
  def database_url!(given) do
    case given || System.get_env("DATABASE_URL") do
      # As Ecto's own configuration writes it.
      "ecto://" <> rest ->
        "postgres://" <> rest

      url when is_binary(url) and url != "" ->
        url

      _ ->
        raise ArgumentError,
              "database_url is required: postgres://USER@HOST/DATABASE or sqlite:PATH, where the jobs are"
    end
  end
end
