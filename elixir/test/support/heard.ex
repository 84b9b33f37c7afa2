defmodule Scrypath.Test.Heard do
  @moduledoc false

  # What is logged, as messages to the test: `{:logged, level, text}`.

  def start! do
    id = :"heard_#{System.unique_integer([:positive])}"
    :ok = :logger.add_handler(id, __MODULE__, %{config: %{test: self()}})
    ExUnit.Callbacks.on_exit(fn -> :logger.remove_handler(id) end)
  end

  @doc false
  def log(%{level: level, msg: message}, %{config: %{test: test}}) do
    with {:string, text} <- message, do: send(test, {:logged, level, IO.chardata_to_string(text)})
  end
end
