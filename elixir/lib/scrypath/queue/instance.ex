defmodule Scrypath.Queue.Instance do
  @moduledoc false

  # Jobs through an Oban that is there: its own instance, a module that `use Oban` made, or the name of an instance.

  alias Scrypath.Optional

  @compile {:no_warn_undefined, [Oban, Oban.Job]}

  @shown [:id, :worker, :queue, :state, :attempt, :max_attempts]

  @doc "The job that was inserted. A refusal is given as it is."
  @spec insert(atom(), map()) :: {:ok, map()} | {:error, term()}
  def insert(instance, insert) do
    changeset = changeset!(instance, insert)

    inserted =
      cond do
        exports?(instance, 1) -> instance.insert(changeset)
        exports?(instance, 2) -> instance.insert(changeset, [])
        true -> Oban.insert(instance, changeset)
      end

    with {:ok, job} <- inserted, do: {:ok, Map.take(job, @shown)}
  end

  @doc "The same as a step of an `Ecto.Multi`."
  @spec insert(atom(), struct(), term(), map()) :: struct()
  def insert(instance, multi, name, insert) do
    changeset = changeset!(instance, insert)

    cond do
      exports?(instance, 3) -> instance.insert(multi, name, changeset)
      exports?(instance, 4) -> instance.insert(multi, name, changeset, [])
      true -> Oban.insert(instance, multi, name, changeset)
    end
  end

  defp exports?(instance, arity), do: there?(instance) and function_exported?(instance, :insert, arity)

  # One that runs is loaded, or no module: for its name the code server would go through the whole code path.
  defp there?(instance), do: Oban.whereis(instance) != nil or Code.ensure_loaded?(instance)

  defp changeset!(instance, insert) do
    unless Optional.oban?() do
      raise ArgumentError,
            ":oban is #{inspect(instance)}, but Oban is not there: add {:oban, \"~> 2.18\"} to your dependencies, or " <>
              "pass a :connection"
    end

    Oban.Job.new(Optional.json!().decode!(insert.args),
      worker: insert.worker,
      queue: insert.queue,
      max_attempts: insert.max_attempts
    )
  end
end
