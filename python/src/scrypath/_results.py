"""What searches and projections give back. All of it frozen; nothing here talks to anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import _wire as wire

if TYPE_CHECKING:
    from ._errors import ScrypathError
    from ._native import Raw

R = TypeVar("R")
T = TypeVar("T")


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


class Request(wire.ExplainedRequest):
    """The HTTP request of a search."""


@dataclass(frozen=True, slots=True)
class RankedBy:
    """What one ranking rule saw in a hit.

    Attributes:
        rule: as settings name it: ``"words"``, ``"typo"``, ``"year:desc"``.
        score: from 0 to 1; sorts have none.
        words: the same as a sentence.
    """

    rule: str
    score: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """Why one hit is where it is.

    Attributes:
        score: from 0 to 1; ``None`` where the server did not say.
        rules: in the order they were applied. A later rule decides only between hits that the earlier
            ones found equal.
    """

    score: float | None
    rules: list[RankedBy]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a search sends, and why its hits are in their order.

    Attributes:
        query: the normalized query.
        request: the HTTP request.
        ranking: of each hit, in hit order; empty before the search.
    """

    query: Query
    request: Request
    ranking: list[Ranking] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """Where in the results a page of hits is. Members the server did not send are ``None``.

    Attributes:
        next: the number of the next page; ``None`` on the last one, or where pages were not asked for.
        previous: the number of the page before, or of the last one from beyond the end; ``None`` on the
            first one, or where pages were not asked for.
    """

    number: int | None = None
    size: int | None = None
    total_pages: int | None = None
    total_hits: int | None = None
    estimated_total_hits: int | None = None
    offset: int | None = None
    limit: int | None = None
    next: int | None = None
    previous: int | None = None


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
        explanation: why the hits are in their order, where ``per_query`` has
            ``show_ranking_score_details``; else ``None``.
    """

    query: Query
    records: list[R]
    missing_ids: list[int | str]
    page: Page
    facets: Facets
    explanation: Explanation | None
    _sent: Sent

    @property
    def raw(self) -> dict[str, Any]:
        return self._sent.value  # type: ignore[no-any-return]

    @property
    def hits(self) -> list[dict[str, Any]]:
        return self.raw.get("hits", [])  # type: ignore[no-any-return]

    @overload
    def hits_as(self, of: type[T], /) -> list[T]: ...
    @overload
    def hits_as(self, of: Callable[[dict[str, Any]], T], /) -> list[T]: ...
    def hits_as(self, of: Any, /) -> list[Any]:
        """The hits as instances of a type.

        Args:
            of: a Pydantic model, which validates each hit; a dataclass, which takes the members that are
                its fields; a ``TypedDict`` or mapping, which a hit is already; or any function of a hit.

        Raises:
            UsageError: a hit lacks a field of the dataclass that has no default.

        Example:
            >>> import dataclasses, scrypath
            >>> @scrypath.schema(fields=["title", "year"])
            ... @dataclasses.dataclass
            ... class Film:
            ...     id: int
            ...     title: str
            ...     year: int | None = None
            >>> search = scrypath.Scrypath("memory:doc-hits-as")
            >>> _ = search.sync_record(Film, Film(1, "Harbour", 1990))
            >>> search.search(Film, "harb", attributes_to_retrieve=["id", "title"]).hits_as(Film)
            [Film(id=1, title='Harbour', year=None)]
        """
        from ._hits import hits_as

        return hits_as(self.hits, of)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The hits."""
        return iter(self.hits)

    def __len__(self) -> int:
        """How many hits this page has."""
        return len(self.hits)

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        """One hit, or a slice of them."""
        return self.hits[at]

    def __bool__(self) -> bool:
        """True: a result without hits is a result all the same."""
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SearchResult):
            return NotImplemented
        return self._compared() == other._compared()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"SearchResult(query={self.query!r}, hits={self.hits!r}, records={self.records!r}, "
            f"missing_ids={self.missing_ids!r}, page={self.page!r}, facets={self.facets!r}, "
            f"explanation={self.explanation!r})"
        )

    def _compared(self) -> tuple[Any, ...]:
        return (
            self.query,
            self.records,
            self.missing_ids,
            self.page,
            self.facets,
            self.explanation,
            self.hits,
        )


@dataclass(frozen=True, slots=True)
class FacetValues:
    """The values of a facet that begin like the query.

    Attributes:
        facet_query: what was looked for, as the backend repeats it.
        hits: the values and how many documents have them, in the backend's order.
        raw: the whole reply of the backend.
    """

    facet_query: str | None
    hits: list[Bucket]
    raw: dict[str, Any]

    def __iter__(self) -> Iterator[Bucket]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, at: int) -> Bucket: ...
    @overload
    def __getitem__(self, at: slice) -> list[Bucket]: ...
    def __getitem__(self, at: int | slice) -> Bucket | list[Bucket]:
        return self.hits[at]


@dataclass(frozen=True, slots=True)
class SuggestionPart:
    """A piece of a suggestion, and whether it is what was typed."""

    text: str
    matched: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text of the index that begins like what was typed.

    Attributes:
        text: the whole of it.
        parts: the same in pieces, for highlighting it without markup.
    """

    text: str
    parts: list[SuggestionPart]


@dataclass(frozen=True, slots=True)
class Federation:
    """What the backend said about a merged list; what it left out is ``None``."""

    estimated_total_hits: int | None = None
    processing_time_ms: int | None = None
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A search of many that failed.

    Attributes:
        schema: the class that was searched.
        reason: the error, or ``"hydration_timeout"`` where fetching its rows took too long.
    """

    schema: type
    reason: ScrypathError | BaseException | str


@dataclass(frozen=True, slots=True)
class MultiSearchResult:
    """What many searches found.

    Attributes:
        ordered: ``(class, result)`` in the order of the entries; entries that failed are left out.
        by_schema: the result of each class; of one that came several times, the last.
        failures: the entries that failed.
        federation: what the backend said about the merged list, where there is one.
        merge_hit_order: ``(class, id)`` in the order of the merged list, where there is one.
    """

    ordered: list[tuple[type, SearchResult[Any]]]
    by_schema: dict[type, SearchResult[Any]]
    failures: list[Failure]
    federation: Federation | None
    merge_hit_order: list[tuple[type, int | str]] | None
    _merged: list[tuple[int, int]] = field(default_factory=list, repr=False)

    def merged(self) -> list[tuple[type, dict[str, Any]]]:
        """``(class, hit)`` in the order of the merged list; empty where there is none."""
        return [(self.ordered[entry][0], self.ordered[entry][1].hits[hit]) for entry, hit in self._merged]

    def __iter__(self) -> Iterator[tuple[type, SearchResult[Any]]]:
        return iter(self.ordered)

    def __len__(self) -> int:
        return len(self.ordered)

    @overload
    def __getitem__(self, at: int) -> tuple[type, SearchResult[Any]]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[type, SearchResult[Any]]]: ...
    def __getitem__(
        self, at: int | slice
    ) -> tuple[type, SearchResult[Any]] | list[tuple[type, SearchResult[Any]]]:
        return self.ordered[at]


@dataclass(frozen=True, slots=True)
class Document:
    """A record as it is indexed: ``source`` says whether the declared fields or the hook made it."""

    id: int | str
    data: dict[str, Any]
    source: wire.Source


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


def search_result(
    found: wire.SearchReply | wire.EntryReply, records: list[R], missing_ids: list[int | str]
) -> SearchResult[R]:
    """The result of a search, from the core's reply."""
    facets = found["facets"]
    # Of one search it comes unread; of many, as dicts.
    raw: Any = found["raw"]
    distribution = {
        name: [Bucket(bucket["value"], bucket["count"]) for bucket in buckets]
        for name, buckets in facets["distribution"].items()
    }
    asked = query(found["query"])
    return SearchResult(
        asked,
        records,
        missing_ids,
        Page(**found["page"], **found["neighbours"]),
        Facets(distribution, facets["stats"], facets["declared_order"]),
        None if found["explained"] is None else _explanation(asked, found["explained"]),
        Sent(None, raw) if isinstance(raw, dict) else Sent(raw),
    )


def _explanation(asked: Query, explained: wire.Explained) -> Explanation:
    ranking = [
        Ranking(of_hit["score"], [RankedBy(**rule) for rule in of_hit["rules"]])
        for of_hit in explained["ranking"]
    ]
    return Explanation(asked, explained["request"], ranking)


def facet_values(found: wire.FacetValues) -> FacetValues:
    hits = [Bucket(bucket["value"], bucket["count"]) for bucket in found["hits"]]
    return FacetValues(found["facet_query"], hits, found["raw"])


def suggestion(found: wire.Suggestion) -> Suggestion:
    return Suggestion(found["text"], [SuggestionPart(**part) for part in found["parts"]])


def merge_distributions(
    main: Mapping[str, Mapping[str, Any]], overrides: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """Put each override's counts in the place of those of its facet.

    For counts that were searched for apart, as the backend sends them; :meth:`Scrypath.search_disjunctive`
    does both. Counts become whole numbers of at least 0.

    Example:
        >>> import scrypath
        >>> scrypath.merge_distributions({"kind": {"tug": 1}}, {"kind": {"tug": 4, "ferry": 6.0}})
        {'kind': {'tug': 4, 'ferry': 6}}
    """
    from ._core import decide

    return decide("merge_distributions", main=main, overrides=overrides)
