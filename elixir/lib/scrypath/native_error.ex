defmodule Scrypath.NativeError do
  @moduledoc """
  Raised when the native library is missing, was built for another platform, or is of another version
  than the package. The message says what to do.
  """
  defexception [:message]

  @type t :: %__MODULE__{message: String.t()}

  @impl true
  def exception(message) when is_binary(message), do: %__MODULE__{message: message}
end
