defmodule Scrypath.Schema.Literal do
  @moduledoc false

  # Options of `use Scrypath` are read from the source while a module compiles, so only what stands
  # there can be read: literals, and aliases of modules and `__MODULE__` where a module is expected.

  @module_options [:backend, :fan_outs]

  @spec read!(Macro.t(), Macro.Env.t()) :: keyword()
  def read!(options, env) do
    if Keyword.keyword?(options) do
      for {name, value} <- options, do: {name, value(value, name, env)}
    else
      raise ArgumentError,
            "the options of use Scrypath must be a literal keyword list, got: #{Macro.to_string(options)}"
    end
  end

  defp value(list, name, env) when is_list(list), do: Enum.map(list, &value(&1, name, env))
  defp value({left, right}, name, env), do: {value(left, name, env), value(right, name, env)}

  defp value({:{}, _meta, elements}, name, env) do
    elements |> Enum.map(&value(&1, name, env)) |> List.to_tuple()
  end

  defp value({:%{}, _meta, pairs}, name, env) when is_list(pairs),
    do: Map.new(pairs, &value(&1, name, env))

  defp value({:-, _meta, [number]}, _name, _env) when is_number(number), do: -number

  defp value({:__aliases__, _meta, _parts} = alias, name, env) when name in @module_options do
    Macro.expand(alias, env)
  end

  defp value({:__MODULE__, _meta, context}, name, env) when is_atom(context) and name in @module_options,
    do: env.module

  defp value(term, _name, _env) when is_atom(term) or is_number(term) or is_binary(term), do: term

  defp value(source, name, _env) do
    raise ArgumentError,
          "invalid value for #{inspect(name)} option: expected a literal, got: #{Macro.to_string(source)} " <>
            "(sigils, module attributes and calls are not resolved while a schema compiles)"
  end
end
