defmodule Scrypath.Optional do
  @moduledoc false

  # The only place that asks which libraries of the ecosystem are there.

  @ecto Code.ensure_loaded?(Ecto.Query)

  @doc "Whether Ecto was there when Scrypath was compiled."
  @spec ecto?() :: boolean()
  def ecto?, do: @ecto

  @doc false
  # Mix asks: what depends on this is compiled again when Ecto has come or gone.
  def __mix_recompile__?, do: @ecto != Code.ensure_loaded?(Ecto.Query)

  @doc "Whether `module` is an `Ecto.Repo`."
  @spec ecto_repo?(module()) :: boolean()
  def ecto_repo?(module),
    do: Code.ensure_loaded?(module) and function_exported?(module, :__adapter__, 0)

  @doc "Whether `module` is an Ecto schema."
  @spec ecto_schema?(module()) :: boolean()
  def ecto_schema?(module),
    do: Code.ensure_loaded?(module) and function_exported?(module, :__schema__, 1)

  @doc "Whether `:telemetry` is there and running. It is not ours to start."
  @spec telemetry?() :: boolean()
  def telemetry?, do: Process.whereis(:telemetry_sup) != nil
end
