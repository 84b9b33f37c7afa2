defmodule Scrypath.ErrorsTest do
  use ExUnit.Case, async: true

  alias Scrypath.Errors
  alias Scrypath.Examples.Note

  @operations "guides/meilisearch-operations.md"
  @multi_index "guides/multi-index-search.md"
  @visibility "guides/sync-visibility.md"
  @mistakes "guides/common-mistakes.md"
  @guides [@operations, @multi_index, @visibility, @mistakes]

  defp named(text), do: Enum.filter(@guides, &(text =~ &1))

  test "a reason in words points to the guides" do
    for {reason, words, guides} <- [
          {{:transport_failed, {:http_error, 500, "a body"}}, "transport",
           [@operations, @visibility, @mistakes]},
          {{:invalid_options, :page, "no page"}, "Invalid options (page): no page",
           [@multi_index, @visibility, @mistakes]},
          {{:invalid_options, :malformed_entry}, "Invalid options: :malformed_entry",
           [@multi_index, @visibility, @mistakes]},
          {{:validation_failed, Note, {:unknown_facet, :crew}}, "Scrypath.Examples.Note", [@multi_index]},
          {{:all_failed, []}, "Every schema", [@multi_index]},
          {{:timeout, %{uid: 1}}, "may still finish", [@visibility]},
          {{:task_failed, %{uid: 1}}, "failed", [@operations, @visibility]},
          {{:cancelled, %{uid: 1}}, "cancelled", [@operations, @visibility]},
          {{:invalid_task_payload, %{}}, "unexpected", [@operations, @visibility]},
          {{:validation, "fields must contain"}, "fields must contain", [@visibility, @mistakes]},
          {{:http_error, 500, nil}, "Scrypath operation failed: {:http_error, 500, nil}", []}
        ] do
      text = Errors.format_reason(reason)
      assert text =~ words
      assert Enum.sort(named(text)) == Enum.sort(guides)
      # No other file is pointed to.
      assert length(Regex.scan(~r"guides/", text)) == length(guides)
    end
  end

  test "what is raised says what kind it is and where to read, and never the reason itself" do
    secret = "a body that quotes a document"

    for {reason, words, guides} <- [
          {{:transport_failed, secret}, "transport", [@operations]},
          {{:invalid_options, secret}, "before any backend call", [@multi_index]},
          {{:validation_failed, Note, secret}, "not valid", []},
          {{:all_failed, [%{schema: Note, reason: secret}]}, "every schema", []},
          {{:unknown_facet, secret}, "not declared", []},
          {{:invalid_facet_filter, secret}, "facet_filter", []},
          {{:http_error, 400, secret}, "answered 400", []},
          {{:http_error, 200, secret}, "no reply to a search", []},
          {{:transport_error, secret}, "not reached", []},
          {secret, "search failed", []}
        ] do
      text = Exception.message(%Scrypath.Search.Error{reason: reason})
      assert text =~ "search failed"
      assert text =~ words
      assert named(text) == guides
      refute text =~ secret
    end
  end

  test "every search has a form that raises" do
    away = [backend: Scrypath.Meilisearch, meilisearch_url: "memory:errors_test"]

    for search <- [
          &Scrypath.search!(Note, "tides", &1),
          &Scrypath.search_disjunctive!(Note, "tides", &1),
          &Scrypath.search_facet_values!(Note, "status", "o", &1),
          &Scrypath.suggest!(Note, "tides", &1),
          &Scrypath.search_many!([{Note, "tides"}], &1)
        ] do
      error = assert_raise Scrypath.Search.Error, fn -> search.(away) end
      assert elem(error.reason, 0) in [:http_error, :transport_failed]
    end

    error =
      assert_raise Scrypath.Search.Error, fn -> Scrypath.search_within_facet!(Note, "x", {:kind, 1}, away) end

    assert error.reason == {:invalid_facet_filter, :faceting_not_declared}
  end
end
