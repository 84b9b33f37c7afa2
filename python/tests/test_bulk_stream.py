"""The stream that bulk work will stand on: private still, and held to its contract."""

from __future__ import annotations

import scrypath
from scrypath import _native
from scrypath._core import result


@scrypath.schema(fields=["title"])
class Note:
    pass


def opened(memory: str) -> _native.Stream:
    return _native.Stream(
        {"host": "python", "schema": scrypath.schema_json(Note), "options": {"meilisearch_url": memory}}
    )


def test_batches_are_written_and_awaited_together(memory: str) -> None:
    stream = opened(memory)
    for batch in range(3):
        records = [{"id": batch * 10 + at, "title": "Harbour"} for at in range(10)]
        result(stream.push(records).run())
    written = result(stream.finish().run())
    assert (written["status"], written["document_count"]) == ("completed", 30)
    assert scrypath.Scrypath(memory).search(Note, "", page={"size": 1}).page.total_hits == 30


def test_an_aborted_stream_takes_no_more(memory: str) -> None:
    stream = opened(memory)
    stream.abort()
    reply = stream.push([{"id": 1, "title": "x"}]).run()
    assert reply["error"]["kind"] == "call_cancelled"


def test_a_bad_record_is_refused_and_the_stream_goes_on(memory: str) -> None:
    stream = opened(memory)
    assert stream.push([{"id": 1}]).run()["error"]["kind"] == "projection_field_missing"
    result(stream.push([{"id": 1, "title": "x"}]).run())
    assert result(stream.finish().run())["document_count"] == 1


def test_a_call_runs_once(memory: str) -> None:
    call = opened(memory).finish()
    call.run()
    assert call.run()["error"]["kind"] == "invalid_request"


def test_a_request_that_is_none_is_refused() -> None:
    for request in ({}, {"op": "search"}, {"op": "nothing", "host": "python"}, []):
        assert _native.Call(request).run()["error"]["kind"] == "invalid_request"  # type: ignore[arg-type]
