"""Writing and deleting, under each promise."""

from __future__ import annotations

from typing import Any

import pytest

import scrypath
from scrypath import WriteResult


@scrypath.schema(fields=["title"])
class Note:
    pass


@scrypath.schema(fields=["title"], document_id="slug")
class Page:
    def __init__(self, slug: str, title: str) -> None:
        self.slug, self.title = slug, title


def note(id: Any, title: str = "Harbour") -> dict[str, Any]:
    return {"id": id, "title": title}


def titles(search: Any, cls: type = Note) -> list[str]:
    return sorted(hit["title"] for hit in search.search(cls, "").hits)


def test_inline_means_the_task_succeeded(search: Any) -> None:
    written = search.sync_record(Note, note(1), sync_mode="inline")
    assert (written.mode, written.status) == ("inline", "completed")
    assert (written.document_ids, written.document_count) == ([1], 1)
    assert written.index == search.index_name(Note)
    assert written.task is not None
    assert (written.task.status, written.task.index_uid) == ("succeeded", written.index)
    assert titles(search) == ["Harbour"]


def test_manual_means_accepted(search: Any) -> None:
    written = search.sync_records(Note, [note(1), note(2)], sync_mode="manual")
    assert (written.mode, written.status, written.document_count) == ("manual", "accepted", 2)
    assert written.task is not None
    assert written.task.uid >= 0


def test_nothing_to_do_is_a_noop(search: Any) -> None:
    assert search.sync_records(Note, []) == WriteResult("inline", "noop", [], 0)
    assert search.delete_documents(Note, [], sync_mode="manual") == WriteResult("manual", "noop", [], 0)


def test_a_sync_replaces_the_document(search: Any) -> None:
    search.sync_record(Note, note(1, "old"))
    search.sync_record(Note, note(1, "new"))
    assert titles(search) == ["new"]


def test_any_iterable_of_records(search: Any) -> None:
    assert search.sync_records(Note, (note(id) for id in range(3))).document_ids == [0, 1, 2]
    assert search.sync_records(Note, {5: note(5)}.values()).document_ids == [5]


def test_delete_by_record_by_id_and_by_ids(search: Any) -> None:
    pages = [Page(slug, slug.title()) for slug in ("a", "b", "c", "d")]
    search.sync_records(Page, pages)
    assert search.delete_record(Page, pages[0]).document_ids == ["a"]
    assert search.delete_document(Page, "b").status == "completed"
    assert search.delete_documents(Page, ("c",)).document_count == 1
    assert titles(search, Page) == ["D"]


def test_one_bad_record_and_nothing_is_sent(search: Any) -> None:
    search.sync_record(Note, note(1, "kept"))
    with pytest.raises(scrypath.UsageError, match="record 1") as raised:
        search.sync_records(Note, [note(1, "lost"), {"id": 2}])
    assert raised.value.kind == "projection_field_missing"
    assert raised.value.details["position"] == 1
    assert titles(search) == ["kept"]


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (note(None), "document_id_missing"),
        ({"title": "x"}, "projection_field_missing"),
        (note(""), "document_id_invalid"),
        (note("a b"), "document_id_invalid"),
        (note("x" * 512), "document_id_invalid"),
        (note(2**53), "document_id_invalid"),
        (note(1.5), "document_id_invalid"),
        (note(1, 2**63), "value_integer_out_of_range"),
        (note(1, 10**5000), "value_integer_out_of_range"),
        (note(1, float("inf")), "value_not_finite"),
        (note(1, "\udcff"), "value_invalid_utf8"),
        (note(1, {1.5: 1}), "value_unencodable"),
        (note(1, {1, 2}), "value_unencodable"),
        (note(1, print), "value_unencodable"),
        ("a title", "record_invalid"),
        (7, "record_invalid"),
        (None, "record_invalid"),
        ([("title", "x")], "record_invalid"),
    ],
)
def test_bad_records_are_refused(search: Any, record: Any, kind: str) -> None:
    with pytest.raises(scrypath.UsageError) as raised:
        search.sync_record(Note, record)
    assert raised.value.kind == kind


@pytest.mark.parametrize("records", ["ab", {"id": 1, "title": "x"}, 7, None])
def test_several_records_are_a_list(search: Any, records: Any) -> None:
    with pytest.raises(scrypath.UsageError, match="records must be a list"):
        search.sync_records(Note, records)


@pytest.mark.parametrize("ids", ["ab", 7, [None], ["a b"], [1.5], [[1]]])
def test_bad_ids_are_refused(search: Any, ids: Any) -> None:
    with pytest.raises(scrypath.UsageError):
        search.delete_documents(Note, ids)


def test_a_cycle_is_refused(search: Any) -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(scrypath.UsageError) as raised:
        search.sync_record(Note, note(1, cycle))  # type: ignore[arg-type]
    assert raised.value.kind == "value_too_deep"


def test_no_message_holds_a_document(search: Any) -> None:
    secret = "the-patient-has-measles"
    with pytest.raises(scrypath.UsageError) as raised:
        search.sync_record(Note, {"id": secret + " !", "title": secret})
    assert secret not in str(raised.value)
    assert secret not in repr(raised.value.details)


def test_oban_mode_says_what_it_needs(search: Any) -> None:
    with pytest.raises(scrypath.UsageError, match="oban_queue is required"):
        search.sync_record(Note, note(1), sync_mode="oban")
    with pytest.raises(scrypath.QueueError) as raised:
        search.sync_record(Note, note(1), sync_mode="oban", oban_queue="search")
    assert raised.value.kind == "queue_unavailable"
