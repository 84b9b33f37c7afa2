defmodule Scrypath.Errors do
  @moduledoc false

  # Reasons in words, for operators. Programs match on the reasons themselves.

  alias Scrypath.Guides

  @spec format_reason(term()) :: String.t()
  def format_reason({:transport_failed, _reason}),
    do: see("The search transport to the backend failed.", [:operations, :visibility, :mistakes])

  def format_reason({:invalid_options, field, message}) when is_atom(field) and is_binary(message),
    do: see("Invalid options (#{field}): #{message}", [:multi_index, :visibility, :mistakes])

  def format_reason({:invalid_options, inner}),
    do: see("Invalid options: #{inspect(inner)}", [:multi_index, :visibility, :mistakes])

  def format_reason({:validation_failed, schema, inner}),
    do: see("Validation failed for #{inspect(schema)}: #{inspect(inner)}", [:multi_index])

  def format_reason({:all_failed, _failures}),
    do: see("Every schema of the search failed.", [:multi_index])

  def format_reason({:timeout, _task}) do
    see(
      "The inline wait ended before the task reached a terminal state; the task may still finish.",
      [:visibility]
    )
  end

  def format_reason({:task_failed, _task}),
    do: see("The backend task failed.", [:operations, :visibility])

  def format_reason({:cancelled, _task}),
    do: see("The backend task was cancelled.", [:operations, :visibility])

  def format_reason({:invalid_task_payload, _details}),
    do: see("The backend answered with an unexpected task payload.", [:operations, :visibility])

  def format_reason({:validation, message}) when is_binary(message),
    do: see(message, [:visibility, :mistakes])

  def format_reason(reason), do: "Scrypath operation failed: #{inspect(reason)}"

  defp see(text, guides), do: "#{text} See #{Enum.map_join(guides, ", ", &Guides.path/1)}."
end
