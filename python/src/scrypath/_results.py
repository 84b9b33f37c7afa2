"""What calls give back. All of it frozen; nothing here talks to anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

from . import _wire as wire

if TYPE_CHECKING:
    from ._native import Raw

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Query:
    """A search after normalization: all that the backend sees of a call."""

    text: str
    filter: list[tuple[str, Any]]
    sort: list[tuple[wire.Direction, str]]
    page: wire.Page
    facets: list[str]
    facet_filter: list[tuple[str, Any]]
    per_query: wire.PerQuery


@dataclass(frozen=True, slots=True)
class Page:
    """Where in the results a page of hits is. Members the server did not send are ``None``."""

    number: int | None = None
    size: int | None = None
    total_pages: int | None = None
    total_hits: int | None = None
    estimated_total_hits: int | None = None
    offset: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """One value of a facet, and how many hits have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The requested facets.

    Attributes:
        distribution: the buckets of each requested facet; empty where no hit has a value.
        stats: ``{"min": …, "max": …}`` of each requested facet that is numeric.
        declared_order: the requested facets, in the order of the request.
    """

    distribution: dict[str, list[Bucket]] = field(default_factory=dict)
    stats: dict[str, dict[str, float | None]] = field(default_factory=dict)
    declared_order: list[str] = field(default_factory=list)


class Sent:
    """What the backend sent: bytes until somebody looks, then read once."""

    __slots__ = ("_unread", "_value")

    def __init__(self, unread: Raw | None = None, value: Any = None) -> None:
        self._unread = unread
        self._value = value

    @property
    def value(self) -> Any:
        """The reply, read."""
        if (unread := self._unread) is not None:
            self._value = unread.read()
            self._unread = None
        return self._value

    def __reduce__(self) -> tuple[type[Sent], tuple[None, Any]]:
        return Sent, (None, self.value)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SearchResult(Generic[R]):
    """What a search found.

    Two are equal when they found the same, whatever time that took. Hits are read from the backend's
    reply when they are first looked at, so a search whose records are all that is wanted does not pay
    for them.

    Attributes:
        query: the normalized query that was run.
        hits: the hits as the backend sent them, in order.
        records: the application's own records of the hits, in hit order. Empty without ``repo``.
        raw: the whole reply of the backend.
        missing_ids: the ids of hits whose row is gone, in hit order. Empty without ``repo``.
        page: where in the results this is.
        facets: the requested facets.
    """

    query: Query
    records: list[R]
    missing_ids: list[int | str]
    page: Page
    facets: Facets
    _sent: Sent

    @property
    def raw(self) -> dict[str, Any]:
        return self._sent.value  # type: ignore[no-any-return]

    @property
    def hits(self) -> list[dict[str, Any]]:
        return self.raw.get("hits", [])  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SearchResult):
            return NotImplemented
        return self._compared() == other._compared()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"SearchResult(query={self.query!r}, hits={self.hits!r}, records={self.records!r}, "
            f"missing_ids={self.missing_ids!r}, page={self.page!r}, facets={self.facets!r})"
        )

    def _compared(self) -> tuple[Any, ...]:
        return self.query, self.records, self.missing_ids, self.page, self.facets, self.hits


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the backend, as last seen."""

    uid: int
    status: wire.TaskStatus
    index_uid: str | None
    type: str | None
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """How far a write had come when its call returned.

    Attributes:
        mode: the promise the write was made under.
        status: ``"completed"`` (the backend's task succeeded), ``"accepted"`` (the backend or the
            queue took responsibility; not yet searchable) or ``"noop"`` (there was nothing to do).
        document_ids: the ids written or deleted, in the order given.
        document_count: how many they are.
        index: the index that was written to, where known.
        task: the backend's task, where there is one.
    """

    mode: wire.SyncMode
    status: wire.WriteStatus
    document_ids: list[int | str]
    document_count: int
    index: str | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A record as it is indexed: ``source`` says whether the declared fields or the hook made it."""

    id: int | str
    data: dict[str, Any]
    source: wire.Source


class Request(TypedDict):
    """The HTTP request of a search."""

    method: str
    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search, looked at before it is sent."""

    query: Query
    request: Request


def query(normalized: wire.Query) -> Query:
    """A normalized query; pairs cross the boundary as lists."""
    return Query(
        normalized["text"],
        _pairs(normalized["filter"]),
        _pairs(normalized["sort"]),
        normalized["page"],
        normalized["facets"],
        _pairs(normalized["facet_filter"]),
        normalized["per_query"],
    )


def _pairs(lists: list[list[Any]]) -> list[Any]:
    return [(name, value) for name, value in lists]


def search_result(found: wire.SearchReply, records: list[R], missing_ids: list[int | str]) -> SearchResult[R]:
    """The result of a search, from the core's reply."""
    facets = found["facets"]
    distribution = {
        name: [Bucket(bucket["value"], bucket["count"]) for bucket in buckets]
        for name, buckets in facets["distribution"].items()
    }
    return SearchResult(
        query(found["query"]),
        records,
        missing_ids,
        Page(**found["page"]),
        Facets(distribution, facets["stats"], facets["declared_order"]),
        Sent(found["raw"]),
    )


def write_result(written: wire.WriteResult) -> WriteResult:
    task = written.get("task")
    return WriteResult(
        written["mode"],
        written["status"],
        written["document_ids"],
        written["document_count"],
        written.get("index"),
        Task(**task) if task is not None else None,
    )
