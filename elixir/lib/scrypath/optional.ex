defmodule Scrypath.Optional do
  @moduledoc false

  # The only place that asks which libraries of the ecosystem are there. Of those that may not be, it is asked while
  # compiling: for a module that is not there, the one code server goes through every folder of the code path.

  @ecto Code.ensure_loaded?(Ecto.Query)
  @oban Code.ensure_loaded?(Oban.Worker)
  @json Enum.find([JSON, Jason], &Code.ensure_loaded?/1)

  @doc false
  # Mix asks: what depends on this is compiled again when one of them has come or gone.
  def __mix_recompile__? do
    json = Enum.find([JSON, Jason], &Code.ensure_loaded?/1)
    {@ecto, @oban, @json} != {Code.ensure_loaded?(Ecto.Query), Code.ensure_loaded?(Oban.Worker), json}
  end

  @doc "Whether Ecto was there when Scrypath was compiled."
  @spec ecto?() :: boolean()
  def ecto?, do: @ecto

  @doc "Whether Oban was there when Scrypath was compiled, to run jobs."
  @spec workers?() :: boolean()
  def workers?, do: @oban

  @doc "Whether `module` is an `Ecto.Repo`."
  @spec ecto_repo?(module()) :: boolean()
  def ecto_repo?(module),
    do: Code.ensure_loaded?(module) and function_exported?(module, :__adapter__, 0)

  @doc "Whether `module` is an Ecto schema."
  @spec ecto_schema?(module()) :: boolean()
  def ecto_schema?(module),
    do: Code.ensure_loaded?(module) and function_exported?(module, :__schema__, 1)

  @doc "Whether Oban is there, to insert jobs through."
  @spec oban?() :: boolean()
  def oban?, do: Code.ensure_loaded?(Oban) and Code.ensure_loaded?(Oban.Job)

  @doc "Whether `Ecto.Multi` is there."
  @spec multi?() :: boolean()
  def multi?, do: Code.ensure_loaded?(Ecto.Multi)

  @doc "The module that reads and writes JSON (`decode!/1`, `encode!/1`): Elixir's own (1.18 and newer), or Jason."
  @spec json!() :: module()
  if @json do
    def json!, do: @json
  else
    def json! do
      raise ArgumentError,
            "jobs that Oban inserts or runs need a JSON library: add {:jason, \"~> 1.4\"} to your dependencies"
    end
  end

  @doc "Whether `:telemetry` is there and running. It is not ours to start."
  @spec telemetry?() :: boolean()
  def telemetry?, do: Process.whereis(:telemetry_sup) != nil
end
