"""Runs every shared vector through the public surface, and says how many there were.

python python/tests/vectors.py
"""

from __future__ import annotations

import base64
import json
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import edge
import scrypath
import served
from keywords import call

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "vectors"

TAGGED: dict[str, Callable[[Any], Any]] = {
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$datetime": datetime.fromisoformat,
    "$decimal": Decimal,
    "$uuid": UUID,
    "$bytes": base64.b64decode,
    "$float": float,
    "$int": int,
    "$symbol": str,
    "$pairs": lambda pairs: [(key, read(value)) for key, value in pairs],
    "$opaque": lambda _: object(),
    "$entry": lambda parts: tuple(read(parts)),
    "$flat": lambda pairs: [tuple(pair) for pair in pairs],
}


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
            yield f"{file.stem}: {case['name']}", case


def read(value: Any) -> Any:
    if isinstance(value, list):
        return [read(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            (tag,) = value
            if tag in TAGGED:
                return TAGGED[tag](value[tag])
        return {key: read(member) for key, member in value.items()}
    return value


def vessel(options: Any, name: str = "Vessel", **members: Any) -> type:
    cls = type(name, (), members)
    return call(scrypath.schema, options=options)(cls)


def declared(case: dict[str, Any]) -> type:
    options = case["schema"]
    if options == {"$vessel": True}:
        options = json.loads((FOLDER / "vessel.schema").read_text(encoding="utf-8"))
    hook = {}
    if "hook" in case["input"]:
        result = read(case["input"]["hook"])
        hook["search_document"] = staticmethod(lambda record: result)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scrypath.ScrypathWarning)
        return vessel(read(options), **hook)


def operate(case: dict[str, Any]) -> dict[str, Any]:
    given = case["input"]
    options = read(given.get("options", {}))
    if case["operation"] in edge.OPERATIONS:
        cls = declared(case) if "schema" in case else None
        return {"gives": edge.OPERATIONS[case["operation"]](edge.named(read(given), cls), cls)}
    if case["operation"] in served.OPERATIONS:
        # What the server answers is JSON, whatever it looks like.
        asked = {name: value if name == "server" else read(value) for name, value in given.items()}
        return served.carry_out(case["operation"], asked, declared(case), case["expect"].get("sent", {}))
    match case["operation"]:
        case "declare":
            with warnings.catch_warnings(record=True) as noticed:
                warnings.simplefilter("always")
                cls = vessel(options, given.get("name", "Vessel"))
            return {
                "form": json.loads(scrypath.schema_json(cls)),
                "fingerprint": scrypath.fingerprint(cls),
                "warnings": [str(notice.message) for notice in noticed],
            }
        case "document":
            return asdict(scrypath.project(declared(case), read(given["record"])))
        case "document_id":
            return {"id": scrypath.document_id(declared(case), read(given["record"]))}
        case "search":
            search = scrypath.Scrypath("memory:")
            cls = declared(case)
            explained = call(search.explain, cls, read(given.get("text", "tug")), options=options)
            return {
                "body": explained.request["body"],
                "path": explained.request["path"],
                "query": asdict(explained.query),
            }
        case "index_name":
            return {"name": call(scrypath.Scrypath().index_name, declared(case), options=options)}
        case "wire_settings":
            return {"settings": scrypath.wire_settings(declared(case))}
        case "options":
            return {"summary": call(scrypath.validate_options, options=options)}
        case "merge_distributions":
            return {"gives": scrypath.merge_distributions(read(given["main"]), read(given["overrides"]))}
        case "tenant_token":
            cls = declared(case)
            token = call(scrypath.Scrypath().tenant_token, cls, read(given["tenant"]), options=options)
            return {"claims": claims(token)}
        case "enqueue":
            return enqueued(given, declared(case), options)
        case other:
            raise AssertionError(f"no surface for the operation {other!r}")


def enqueued(given: dict[str, Any], cls: type, options: Any) -> dict[str, Any]:
    """What a write in mode oban gives, and the row that it makes, in a table of SQLite."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in scrypath.queue_tables("sqlite")["install"]:
            connection.execute(statement)
        what = read(given["ids"] if "ids" in given else given["records"])
        write = getattr(scrypath.Scrypath(), given["verb"])
        what = what[0] if given["verb"] == "delete_record" else what
        result = call(write, cls, what, options={**options, "connection": connection})
        row = connection.execute("SELECT worker, queue, max_attempts, args FROM oban_jobs").fetchone()
    args = json.loads(row[3]) if row else {}
    return {
        "row": dict(zip(("worker", "queue", "max_attempts"), row, strict=False)) if row else None,
        "args": args,
        "members": sorted(args),
        "result": asdict(result),
    }


def claims(token: str) -> Any:
    """What a token says, where it says it for anybody to read."""
    _, said, _ = token.split(".")
    return json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))


def check(case: dict[str, Any]) -> None:
    expect = case["expect"]
    assert expect, "a case that expects nothing proves nothing"
    if "error" not in expect:
        compare(expect, as_json(operate(case)))
        return
    try:
        result = operate(case)
    except scrypath.ScrypathError as error:
        kind, message = error.kind, str(error)
        assert kind == expect["error"]["kind"], f"{kind}: {message}"
        check_details(expect["error"], error)
    except TypeError as error:
        # The language's own refusal of a keyword given twice.
        message = str(error)
        assert "multiple values for keyword argument" in message, message
    else:
        raise AssertionError(f"expected {expect['error']}, got {result}")
    for fragment in expect["error"].get("contains", []):
        assert fragment in message, f"{fragment!r} is not in {message!r}"


def check_details(expect: dict[str, Any], error: scrypath.ScrypathError) -> None:
    if "reason" in expect:
        assert same(as_json(error.details["reason"]), expect["reason"]), error.details["reason"]
    if "issues" in expect:
        assert isinstance(error, scrypath.ParamsError)
        told = [{"path": at.path, "code": at.code, "meta": at.meta} for at in error.issues]
        assert same(as_json(told), expect["issues"]), told


def compare(expect: dict[str, Any], got: dict[str, Any]) -> None:
    for name, expected in expect.items():
        actual = got[name]
        if name in ("form", "query", "summary", "result", "task", "row", "args") and actual is not None:
            actual = {member: actual.get(member) for member in expected}
        if name == "warnings":
            assert len(actual) == len(expected), f"warnings: {actual}"
            for fragments, notice in zip(expected, actual, strict=True):
                assert all(fragment in notice for fragment in fragments), f"{fragments} not in {notice!r}"
        else:
            assert same(actual, expected), f"{name}: expected {expected!r}, got {actual!r}"


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def same(a: Any, b: Any) -> bool:
    """JSON equality, order of keys included nowhere: but True is not 1, and 1.0 is not 1."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def main() -> int:
    failed = []
    count = 0
    for name, case in cases():
        count += 1
        try:
            check(case)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {error}")
    for failure in failed:
        print(failure, file=sys.stderr)
    print(f"python {count - len(failed)} passed" + (f", {len(failed)} failed" if failed else ""))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
