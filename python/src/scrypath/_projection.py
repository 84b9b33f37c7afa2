"""Looking at what of a record would be indexed, and running the hooks of a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from . import _orm
from ._core import decide
from ._errors import UsageError
from ._results import Document
from ._schema import declaration, hook


def project(cls: type, record: Any) -> Document:
    """Show the document that a record becomes. Nothing is sent, and nothing is loaded.

    Args:
        cls: the declared class.
        record: an instance or a mapping.

    Raises:
        UsageError: a field is missing or was never loaded, a value cannot be encoded, or the id is
            one that Meilisearch would refuse.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title"])
        ... class Note: ...
        >>> scrypath.project(Note, {"id": 7, "title": "Harbour"})
        Document(id=7, data={'title': 'Harbour'}, source='fields')
    """
    schema = declaration(cls).json
    (document,) = decide("documents", [record], hooked(cls, [record]), schema=schema)
    return Document(**document)


def document_id(cls: type, record: Any) -> Any:
    """The id under which a record is deleted: ``search_document_id``, else the document-id field."""
    schema = declaration(cls).json
    if (custom := hook(cls, "search_document_id")) is not None:
        with _refusing_queries([record]):
            return custom(record)
    (found,) = decide("document_ids", [record], schema=schema)
    return found


def hooked(cls: type, records: Sequence[Any]) -> list[Any] | None:
    """What ``search_document`` returns for each record; ``None`` where the class has no such hook."""
    if (custom := hook(cls, "search_document")) is None:
        return None
    with _refusing_queries(records):
        return [custom(record) for record in records]


def as_list(records: Any) -> list[Any]:
    """The records of a verb that takes several."""
    if isinstance(records, list):
        return records
    if isinstance(records, str | bytes | Mapping) or not hasattr(records, "__iter__"):
        raise UsageError(
            f"records must be a list of records, not one {type(records).__name__}; "
            "for a single record use the verb that ends in _record",
            "record_invalid",
        )
    return list(records)


def _refusing_queries(records: Sequence[Any]) -> ExitStack:
    """Of the mappers that made the records: the class that was declared need not be theirs."""
    refusing = ExitStack()
    for orm in {orm for cls in {type(record) for record in records} if (orm := _orm.of(cls)) is not None}:
        refusing.enter_context(orm.refusing_queries(records))
    return refusing
