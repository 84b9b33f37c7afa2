defmodule Scrypath.SyncTest do
  use ExUnit.Case, async: true

  alias Scrypath.Examples.{Berth, Note}

  setup context do
    url = "memory:sync_test_#{context.line}"
    %{options: [backend: Scrypath.Meilisearch, meilisearch_url: url]}
  end

  defp titles(options), do: Enum.map(Scrypath.search!(Note, "", options).hits, & &1["title"])

  test "inline returns when the task has succeeded", %{options: options} do
    assert {:ok, result} = Scrypath.sync_record(Note, struct!(Note, id: 7, title: "Tides"), options)

    assert %{
             mode: :inline,
             status: :completed,
             document_ids: [7],
             document_count: 1,
             index: "scrypath_note",
             task: %{status: :succeeded, index_uid: "scrypath_note", type: "documentAdditionOrUpdate"} = task
           } = result

    assert is_integer(task.uid)
    assert task.raw["status"] == "succeeded"
    assert titles(options) == ["Tides"]
  end

  test "manual returns when the backend has taken the work", %{options: options} do
    assert {:ok, result} =
             Scrypath.sync_record(Note, %{id: 7, title: "Tides"}, options ++ [sync_mode: :manual])

    assert %{mode: :manual, status: :accepted, task: %{status: :enqueued}} = result
  end

  test "nothing to write is a no-op", %{options: options} do
    for mode <- [:inline, :manual], verb <- [:sync_records, :delete_documents] do
      assert apply(Scrypath, verb, [Note, [], options ++ [sync_mode: mode]]) ==
               {:ok, %{mode: mode, status: :noop, document_ids: [], document_count: 0}}
    end
  end

  test "a sync replaces, and deletes remove", %{options: options} do
    notes = for id <- 1..4, do: %{id: id, title: "Note #{id}"}
    {:ok, %{document_count: 4}} = Scrypath.sync_records(Note, notes, options)
    {:ok, _} = Scrypath.sync_record(Note, %{id: 1, title: "Changed"}, options)
    {:ok, %{document_ids: [2]}} = Scrypath.delete_record(Note, %{id: 2}, options)
    {:ok, %{document_ids: [3]}} = Scrypath.delete_document(Note, 3, options)
    {:ok, %{status: :completed}} = Scrypath.delete_documents(Note, [99, 100], options)

    assert Enum.sort(titles(options)) == ["Changed", "Note 4"]
  end

  test "hooks name and make the document, and its deletion finds it", %{options: options} do
    berth = struct!(Berth, id: 3, dock_id: 9, label: "East")
    {:ok, %{document_ids: ["9-3"]}} = Scrypath.sync_record(Berth, berth, options)

    assert [%{"id" => "9-3", "label" => "berth East"}] =
             Scrypath.search!(Berth, "", options ++ [tenant_scope: 9]).hits

    {:ok, %{document_ids: ["9-3"]}} = Scrypath.delete_record(Berth, berth, options)
    assert Scrypath.search!(Berth, "", options).hits == []
  end

  test "one bad record keeps the whole batch back", %{options: options} do
    {:ok, _} = Scrypath.sync_record(Note, %{id: 1, title: "Good"}, options)
    records = [%{id: 2, title: "Good"}, %{id: 3, title: <<255>>}]

    assert_raise ArgumentError, ~r/note, record 1: field :title/, fn ->
      Scrypath.sync_records(Note, records, options)
    end

    assert titles(options) == ["Good"]
  end

  test "ids that the server would refuse are refused here", %{options: options} do
    for id <- [nil, "a/b", "", 1.5, [1], String.duplicate("a", 512)] do
      assert_raise ArgumentError, ~r/document id/, fn ->
        Scrypath.delete_record(Note, %{id: id}, options)
      end

      assert_raise ArgumentError, ~r/id/, fn -> Scrypath.delete_document(Note, id, options) end
    end
  end

  test "options are checked before a hook runs", %{options: options} do
    hook_would_fail = %{}

    assert_raise ArgumentError, ~r/unknown options \[:colour\]/, fn ->
      Scrypath.sync_record(Berth, hook_would_fail, options ++ [colour: 1])
    end
  end

  test "lists are lists", %{options: options} do
    assert_raise FunctionClauseError, fn -> Scrypath.sync_records(Note, %{id: 1}, options) end
    assert_raise FunctionClauseError, fn -> Scrypath.delete_documents(Note, 1, options) end

    assert_raise ArgumentError, "records must be a proper list", fn ->
      Scrypath.sync_records(Note, [%{id: 1, title: ""} | %{}], options)
    end
  end

  test "no backend is no backend", %{options: options} do
    assert_raise ArgumentError, ~r/meilisearch_url/, fn ->
      Scrypath.sync_record(Note, %{id: 1, title: ""}, Keyword.delete(options, :meilisearch_url))
    end
  end

  @tag :tmp_dir
  test "an embedded index is kept under its path", %{options: options, tmp_dir: folder} do
    options = Keyword.put(options, :meilisearch_url, "embedded:#{folder}")
    {:ok, %{status: :completed}} = Scrypath.sync_record(Note, %{id: 1, title: "Kept"}, options)
    assert titles(options) == ["Kept"]
    assert File.ls!(folder) != []
  end
end
