defmodule Scrypath.Core do
  @moduledoc false

  # The door to the native core: one request in, one reply out, telemetry emitted on the way.

  alias Scrypath.{Failure, Native, Optional, Telemetry}

  @type request :: %{optional(atom()) => term()}

  @doc """
  Carries out one operation. `hooked` says that the records are `{record, hook_result}` pairs.

  Raises `ArgumentError` where the call itself is wrong.
  """
  @spec run(String.t(), request(), list(), boolean()) :: {:ok, term()} | {:error, term()}
  def run(operation, request, records \\ [], hooked \\ false) do
    {result, _spans} = run_within(Telemetry.spans(), operation, request, records, hooked)
    result
  end

  @doc "The same inside spans that an earlier call left open. Gives them back for the next one."
  @spec run_within(Telemetry.spans(), String.t(), request(), list(), boolean()) ::
          {{:ok, term()} | {:error, term()}, Telemetry.spans()}
  def run_within(spans, operation, request, records \\ [], hooked \\ false) do
    {module, request} = Map.pop(request, :module)
    {raised, request} = Map.pop(request, :raised, %{})
    operation |> answer(request, records, hooked) |> open(spans, module, raised)
  end

  @doc "Carries out one step of a bulk stream; `step` starts it under the reference it is given."
  @spec run_step(module(), (reference() -> map() | :pending)) :: {:ok, term()} | {:error, term()}
  def run_step(module, step) do
    reference = make_ref()
    {result, _spans} = reference |> step.() |> await(reference) |> open(Telemetry.spans(), module)
    result
  end

  @doc "What a reply says, its events emitted."
  @spec open(map(), Telemetry.spans(), module() | map() | nil, map()) ::
          {{:ok, term()} | {:error, term()}, Telemetry.spans()}
  def open(reply, spans, module, raised \\ %{}) do
    spans = Telemetry.emit(spans, Map.get(reply, :events, []), module, raised)

    case reply do
      %{ok: value} -> {{:ok, value}, spans}
      %{error: error} -> {Failure.error(error), spans}
    end
  end

  @doc "The same for operations that fail only by raising."
  @spec run!(String.t(), request(), list(), boolean()) :: term()
  def run!(operation, request, records \\ [], hooked \\ false) do
    case answer(operation, request, records, hooked) do
      %{ok: value} -> value
      %{error: %{message: message}} -> raise ArgumentError, message
    end
  end

  defp answer(operation, request, records, hooked) do
    request
    |> Map.merge(%{op: operation, host: "elixir", events: Optional.telemetry?()})
    |> call(records, hooked)
  end

  defp call(request, records, hooked) do
    reference = make_ref()

    case Native.call(reference, request, records, hooked) do
      :dirty -> Native.call_dirty(reference, request, records, hooked)
      answer -> answer
    end
    |> await(reference)
  end

  # No `after`: the core puts a deadline on every request it makes. Should this process end first, the
  # work ends with it.
  defp await(:pending, reference), do: receive(do: ({^reference, reply} -> reply))
  defp await(reply, _reference), do: reply
end
