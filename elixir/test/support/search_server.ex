defmodule Scrypath.Test.SearchServer do
  @moduledoc false

  # `scrypath serve` on a port, for as long as the process that started it lives.

  def start!(arguments \\ []) do
    binary = binary()

    unless File.exists?(binary) do
      raise "#{binary} is not built: run `cargo build --release -p scrypath-cli`"
    end

    # The shell ends the server when its own input closes, which it does however this VM ends.
    script = ~S("$@" & server=$!; cat >/dev/null; kill $server)
    command = ["-c", script, "sh", binary, "serve", "--addr", "127.0.0.1:0" | arguments]

    port =
      Port.open({:spawn_executable, "/bin/sh"}, [
        :binary,
        :exit_status,
        :hide,
        args: command,
        line: 4096
      ])

    {:ok, url} = await_url(port)
    url
  end

  defp await_url(port) do
    receive do
      {^port, {:data, {:eol, "listening on " <> url}}} -> {:ok, String.trim(url)}
      {^port, {:data, _line}} -> await_url(port)
      {^port, {:exit_status, status}} -> {:error, status}
    end
  end

  defp binary do
    System.get_env("SCRYPATH_BIN") ||
      Path.join([
        System.get_env("CARGO_TARGET_DIR") || Path.expand("../target"),
        "release",
        "scrypath"
      ])
  end
end
