defmodule Scrypath.TransportError do
  @moduledoc """
  Why a search backend could not be talked to, as carried by `{:error, {:transport_error, exception}}`.

  `kind` is one of

    * `:transport_error` - the server could not be reached, or the connection broke
    * `:request_timeout` - it did not answer within the deadline
    * `:embedded_open` - the embedded index could not be opened

  It is not raised by Scrypath; raise it where a failure to search is exceptional to you.
  """
  defexception [:kind, :message]

  @type kind :: :transport_error | :request_timeout | :embedded_open
  @type t :: %__MODULE__{kind: kind(), message: String.t()}
end
