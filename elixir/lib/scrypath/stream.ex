defmodule Scrypath.Stream do
  @moduledoc false

  # Bulk writing: batches are sent as they come and awaited together at the end, since awaiting each
  # would keep the server from batching them. Backfill stands on it.

  alias Scrypath.{Config, Core, Native, Projection, Schema, Telemetry}

  @enforce_keys [:schema, :native]
  defstruct [:schema, :native]

  @type t :: %__MODULE__{schema: module(), native: reference()}

  @doc "Opens a stream of writes. Raises `ArgumentError` for options that are wrong."
  @spec open(module(), keyword()) :: {:ok, t()} | {:error, term()}
  def open(schema, options) do
    request = Map.merge(Config.layers(options), %{schema: Schema.json!(schema), host: "elixir"})

    case Native.open(request) do
      native when is_reference(native) ->
        {:ok, %__MODULE__{schema: schema, native: native}}

      reply ->
        {result, _spans} = Core.open(reply, Telemetry.spans(), schema)
        result
    end
  end

  @doc "Sends one batch of records. They are accepted when this returns."
  @spec push(t(), [map()]) :: :ok | {:error, term()}
  def push(%__MODULE__{schema: schema, native: native}, records) do
    {records, hooked} = Projection.hooked(schema, records)

    with {:ok, _done} <- Core.run_step(schema, &Native.push(&1, native, records, hooked)), do: :ok
  end

  @doc "Waits for every batch, as the mode promises. Gives the result of all."
  @spec finish(t()) :: {:ok, map()} | {:error, term()}
  def finish(%__MODULE__{schema: schema, native: native}) do
    Core.run_step(schema, &Native.finish(&1, native))
  end

  @doc "Refuses every later push. What was accepted stays accepted."
  @spec abort(t()) :: :ok
  def abort(%__MODULE__{native: native}), do: Native.abort(native)
end
