defmodule Scrypath.Telemetry do
  @moduledoc false

  # Emits the events of a reply through `:telemetry`, in the caller's process. The core measures in
  # nanoseconds on a clock of its own; handlers get the VM's native unit and the VM's clock.

  alias Scrypath.Optional

  @typedoc "The context of each span that is open, by the span's name."
  @type spans :: %{optional(String.t()) => [reference()]}

  @spec spans() :: spans()
  def spans, do: %{}

  @doc """
  Emits events in order. `module` stands in for the schema's name, or says which does; `raised` is what an exception
  tells besides, which the core does not know.
  """
  @spec emit(spans(), [map()], module() | %{optional(String.t()) => module()} | nil, map()) :: spans()
  def emit(spans, [], _module, _raised), do: spans

  def emit(spans, events, module, raised) do
    if Optional.telemetry?(),
      do: Enum.reduce(events, spans, &emit_one(&2, &1, module, raised)),
      else: spans
  end

  defp emit_one(spans, event, module, raised) do
    name = String.split(event.name, ".")
    {context, spans} = context(spans, Enum.drop(name, -1), List.last(name))
    metadata = Map.put(event.metadata, :telemetry_span_context, context)

    metadata = with_module(metadata, module)
    metadata = if List.last(name) == "exception", do: Map.merge(metadata, raised), else: metadata

    # The event names are a fixed table of the core.
    apply(:telemetry, :execute, [
      Enum.map(name, &String.to_atom/1),
      measurements(event.measurements),
      metadata
    ])

    spans
  end

  # Of many searches, each event names its own schema.
  defp with_module(%{schema: name} = metadata, %{} = modules),
    do: %{metadata | schema: Map.get(modules, name, name)}

  defp with_module(%{schema: _name} = metadata, module) when module != nil,
    do: %{metadata | schema: module}

  defp with_module(metadata, _module), do: metadata

  # Not the end of a span.
  defp context(spans, span, "partial") do
    case spans do
      %{^span => [context | _outer]} -> {context, spans}
      _ -> {make_ref(), spans}
    end
  end

  defp context(spans, span, "start") do
    context = make_ref()
    {context, Map.update(spans, span, [context], &[context | &1])}
  end

  defp context(spans, span, _end) do
    case spans do
      %{^span => [context | outer]} -> {context, %{spans | span => outer}}
      _ -> {make_ref(), spans}
    end
  end

  defp measurements(%{count: count}), do: %{count: count}

  defp measurements(%{system_time: system_time, monotonic_time: monotonic_time}) do
    %{system_time: native(system_time), monotonic_time: monotonic(monotonic_time, system_time)}
  end

  defp measurements(%{duration: duration, monotonic_time: monotonic_time}) do
    %{duration: native(duration), monotonic_time: monotonic(monotonic_time, nil)}
  end

  # Both clocks run at one rate; the distance between them is read off the first start event.
  defp monotonic(monotonic_time, system_time) do
    case :persistent_term.get({__MODULE__, :clock}, nil) do
      nil when is_integer(system_time) ->
        distance = system_time - System.time_offset(:nanosecond) - monotonic_time
        :persistent_term.put({__MODULE__, :clock}, distance)
        native(monotonic_time + distance)

      nil ->
        System.monotonic_time()

      distance ->
        native(monotonic_time + distance)
    end
  end

  defp native(nanoseconds), do: System.convert_time_unit(nanoseconds, :nanosecond, :native)
end
