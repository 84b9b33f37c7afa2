defmodule Scrypath.Test.Refusal do
  @moduledoc false

  # How a call was refused, in the core's terms: its kind where the package shows it, and its words.

  alias Scrypath.Test.VectorCase

  # What search_many gives has the terms of its specification, not the core's kinds.
  @of_many %{
    malformed_entry: "malformed_entry",
    federation_page: "federation_page",
    page_size: "page_size",
    federation_merge_requires_native_search_many: "federation_unsupported",
    all_expansion: "all_expansion",
    federation_weight: "federation_weight",
    federation_key_in_entry: "federation_key_in_entry",
    runtime_option_in_entry: "runtime_option_in_entry"
  }

  # Terms that say by a word of their own what the message says in a sentence.
  @wordless ~w(all_expansion federation_page federation_weight)
  @unsaid ["declares no faceting", "is it a Meilisearch", "is it a Meilisearch?"]

  @raising [Scrypath.Core, Scrypath.Failure, VectorCase]

  @doc """
  What `work` was refused with; nil where it was not. `kind` is nil of what is raised: an `ArgumentError` has a message
  alone.
  """
  def of(work) do
    case work.() do
      {:error, %{errors: errors}} ->
        issues = Enum.map(errors, &VectorCase.json(Map.take(&1, [:path, :code, :meta])))
        %{kind: "params_invalid", issues: issues, text: inspect(errors), reason: nil}

      {:error, reason} ->
        %{kind: kind(reason), issues: nil, text: inspect(reason, limit: :infinity), reason: reason}

      _accepted ->
        nil
    end
  rescue
    error in ArgumentError ->
      # Scrypath's own refusal, or the runtime's: not a defect that happens to raise the same.
      [{raised_by, _function, _arity, _location} | _rest] = __STACKTRACE__
      if raised_by not in @raising, do: reraise(error, __STACKTRACE__)
      %{kind: nil, issues: nil, text: error.message, reason: nil}
  end

  @doc "The `ArgumentError` of `work`, and where it was raised; an error of its own where there is none."
  def raised(work) do
    work.()
    ExUnit.Assertions.flunk("accepted")
  rescue
    error in ArgumentError -> {error, __STACKTRACE__}
  end

  @doc "Whether a fragment of the core's message can be found in the term of this kind."
  def says?(nil, _fragment), do: true
  def says?(kind, fragment), do: kind not in @wordless and fragment not in @unsaid

  defp kind(reason) when is_atom(reason), do: Atom.to_string(reason)
  defp kind({:invalid_options, inner}), do: Map.fetch!(@of_many, tag(inner))
  defp kind(reason), do: Atom.to_string(tag(reason))

  defp tag(reason) when is_tuple(reason), do: elem(reason, 0)
  defp tag(reason), do: reason
end
