"""What happens before a search: fragments composed, a request's parameters read, a schema asked what it can.

Plain data throughout. Every rule is the core's; here is only how Python spells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict, cast, overload

from . import _wire as wire
from ._core import decide
from ._errors import ParamsError
from ._options import Pairs
from ._schema import declaration

Name = Literal["all"]
"""Stands for every schema there is."""


class Criteria(TypedDict, total=False):
    """What a search asks for, as a fragment or a caller says it. What is left out or empty is absent."""

    text: str | None
    filter: Pairs | None
    sort: Pairs | Sequence[str] | None
    page: Pairs | None
    facets: Sequence[str] | None
    facet_filter: Pairs | None
    per_query: Mapping[str, Any] | None


class Fragment(TypedDict, total=False):
    """What one hand contributes to a search.

    ``defaults`` may be overridden by later fragments and by the caller, ``fixed`` (``filter`` and
    ``facet_filter``) by nobody. ``sources`` and ``warnings`` are the application's own notes.
    """

    defaults: Criteria
    fixed: Criteria
    sources: Mapping[str, Any] | None
    warnings: Mapping[str, Any] | None


class SearchParams(wire.AllCriteria):
    """Criteria with every field: ``filter``, ``facet_filter`` and ``sort`` as lists of pairs."""


class Composition(wire.Composed):
    """Composed criteria, and where they came from: ``defaulted`` are the defaults among ``applied``."""


class EntryComposition(Composition):
    """One of several: ``schema`` is its class, or ``"all"``."""

    schema: type | Name


class CompositionMany(TypedDict):
    """Several compositions, and what they share."""

    shared: Composition
    entries: list[EntryComposition]


class FormData(wire.FormData):
    """What a form shows: its values, and the issues with them as plain data."""


def compose(
    fragments: Fragment | Mapping[str, Any] | Sequence[Fragment | Mapping[str, Any]],
    criteria: Criteria | Mapping[str, Any] | None = None,
) -> Composition:
    """Compose fragments with the caller's criteria.

    Fragments are merged left to right, then with the criteria: ``filter``, ``facet_filter`` and
    ``per_query`` key by key, the rest as a whole. A caller cannot clear a default. Values come back as they
    would be sent: dates and decimals are text.

    Raises:
        UsageError: a fragment or the criteria cannot be read, or a constraint is fixed to another value
            (``composition_conflict``); ``details["reason"]`` says which.

    Example:
        >>> import scrypath
        >>> preset = {"defaults": {"page": {"size": 20}}, "fixed": {"filter": {"flag": "NO"}}}
        >>> composed = scrypath.compose(preset, {"text": "rope", "filter": {"kind": "ferry"}})
        >>> composed["filter"]
        [['flag', 'NO'], ['kind', 'ferry']]
        >>> composed["defaulted"]
        {'page': {'size': 20}}
    """
    return decide("compose", fragments=fragments, criteria=criteria)


def search_args(composed: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The text and the options of a search, from :func:`compose` or :func:`normalize_params`.

    Example:
        >>> import scrypath
        >>> text, options = scrypath.search_args(scrypath.compose([], {"text": "rope", "facets": ["kind"]}))
        >>> text, options["facets"]
        ('rope', ['kind'])
    """
    # A tuple crosses as a list; its options go on as keywords.
    text, options = cast("tuple[str, dict[str, Any]]", decide("search_arguments", of=composed))
    return text, options


def compose_many(
    entries: Iterable[Any], shared: Fragment | Mapping[str, Any] | Sequence[Any] | None = None
) -> CompositionMany:
    """Compose the entries of a search over several schemas, each over the fragments they share.

    Args:
        entries: ``{"schema": Class, "text": ..., "fragments": ..., "criteria": ...}``, the last two where
            wanted, or ``(Class, text)`` and ``(Class, text, options)``; ``"all"`` in the place of a class.
        shared: a fragment or a list of them, with ``defaults`` alone.

    Raises:
        UsageError: as :func:`compose` does; or an entry says more than it can, so that no ``tenant_scope``
            is ever lost in silence.
    """
    tokens = _Tokens()
    composed = decide("compose_many", entries=[tokens.entry(entry) for entry in entries], shared=shared)
    for entry in composed["entries"]:
        entry["schema"] = tokens.schema(entry["schema"])
    return composed


def search_many_args(
    composed: CompositionMany | Mapping[str, Any],
) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """The entries and the shared options of a search over several schemas.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title"], filterable=["status"])
        ... class Note: ...
        >>> entries = [(Note, "a", {"filter": {"status": "open"}}), ("all", "b")]
        >>> composed = scrypath.compose_many(entries, {"defaults": {"page": {"size": 8}}})
        >>> scrypath.search_many_args(composed)
        ([(<class '...Note'>, 'a', {'filter': [['status', 'open']]}), ('all', 'b')], {'page': {'size': 8}})
    """
    tokens = _Tokens()
    arguments = decide("many_arguments", of=tokens.composition(composed))
    lowered, shared = cast("tuple[list[list[Any]], dict[str, Any]]", arguments)
    return [(tokens.schema(token), *rest) for token, *rest in lowered], shared


def capabilities(cls: type) -> wire.Capabilities:
    """What a class's declaration lets a search do: filters, sorts, facets, paging and limits.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title"], sortable=["title"])
        ... class Note: ...
        >>> scrypath.capabilities(Note)["sorts"]
        {'supported': True, 'fields': ['title']}
    """
    return decide("schema_capabilities", schema=declaration(cls).json)


def reflect_search(cls: type, criteria: Criteria | Composition | Mapping[str, Any]) -> wire.Reflection:
    """What of criteria, or of a composition, a class supports. Nothing is searched.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title"], filterable=["status"])
        ... class Note: ...
        >>> reflected = scrypath.reflect_search(Note, {"filter": {"status": "open", "crew": 4}})
        >>> reflected["resolved"]["unsupported"]
        {'filter': [['crew', 4]]}
    """
    return decide("reflect_search", schema=declaration(cls).json, of=criteria)


def reflect_search_many(
    entries: CompositionMany | Mapping[str, Any] | Iterable[Any], **shared: Any
) -> wire.ReflectionMany:
    """The same for what :func:`compose_many` gave, or for tuples and the options they share."""
    tokens = _Tokens()
    if isinstance(entries, Mapping):
        of: Any = tokens.composition(entries)
    else:
        of = [tokens.entry(entry) for entry in entries]
    reflected = decide("reflect_search_many", of=of, options=shared, schemas=tokens.declared())
    for entry in reflected["entries"]:
        entry["entry"]["schema"] = tokens.schema(entry["entry"]["schema"])
    return reflected


def normalize_params(params: Any, schema: type | Iterable[type] | None = None) -> SearchParams:
    """Read a web request's parameters, or raise everything that is wrong with them.

    Unknown parameters are ignored, so that a browser cannot set a backend or a tenant.

    Args:
        params: Django's ``request.GET``, Starlette's ``request.query_params``, werkzeug's ``request.args``,
            pairs, a nested dict, or a query string.
        schema: the class, or classes, whose names the request may speak of; default: every name that any
            class declares.

    Raises:
        ParamsError: with ``issues``. So is a request of more than 1,000 values or a query string of more
            than 64 KiB; a text of more than 8 KiB is an issue by itself.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title"], filterable=["status"])
        ... class Note: ...
        >>> params = scrypath.normalize_params("q=tug&filter[status]=open&page[number]=2", Note)
        >>> params["text"], params["filter"], params["page"]
        ('tug', [['status', 'open']], {'number': 2})
        >>> try:
        ...     scrypath.normalize_params("page[number]=0", Note)
        ... except scrypath.ParamsError as error:
        ...     print(error.issues[0].path, error.issues[0].code)
        ('page', 'number') invalid_value
    """
    classes = [schema] if isinstance(schema, type) else schema
    known = None if classes is None else [declaration(cls).json for cls in classes]
    return decide("normalize_params", params=_browser_shaped(params), schemas=known)


def cast_params(params: Mapping[str, Any]) -> SearchParams:
    """Take values that are of the application's own making. Only their shape is checked.

    Example:
        >>> import scrypath
        >>> scrypath.cast_params({"text": "tug", "filter": {"year": {"gte": 1990}}})["filter"]
        [['year', {'gte': 1990}]]
    """
    return decide("cast_params", params=params)


def to_query_params(params: SearchParams | Mapping[str, Any]) -> dict[str, Any]:
    """Normalized parameters as a nested dict of texts; only what is not empty is there.

    Raises:
        UsageError: for what a URL cannot hold: tuning, more than one sort entry, operators.
    """
    return decide("to_query_params", params=params)


def to_query_string(params: SearchParams | Mapping[str, Any]) -> str:
    """The same as a query string.

    Example:
        >>> import scrypath
        >>> scrypath.to_query_string({"text": "tug", "filter": {"flag": "NO"}})
        'q=tug&filter%5Bflag%5D=NO'
    """
    return decide("to_query_string", params=params)


@overload
def to_form_data(params: SearchParams | Mapping[str, Any]) -> FormData: ...
@overload
def to_form_data(params: Any, error: ParamsError) -> FormData: ...
def to_form_data(params: Any, error: ParamsError | None = None) -> FormData:
    """What a form shows: of normalized parameters, or of a request that was refused and why.

    Example:
        >>> import scrypath
        >>> try:
        ...     scrypath.normalize_params("q=tug&page[number]=x")
        ... except scrypath.ParamsError as error:
        ...     form = scrypath.to_form_data("q=tug&page[number]=x", error)
        >>> form["values"], form["field_errors"]["page"][0]["message"]
        ({'q': 'tug', 'page': {'number': 'x'}}, 'page.number must be a positive integer')
    """
    if error is None:
        return decide("to_form_data", params=params)
    return decide("to_form_data", params=_browser_shaped(params), errors=error.details["issues"])


def _browser_shaped(params: Any) -> Any:
    """Multi-dicts as the pairs they stand for."""
    if hasattr(params, "multi_items"):  # Starlette
        return list(params.multi_items())
    if hasattr(params, "lists") and hasattr(params, "getlist"):  # Django, werkzeug
        return [(name, value) for name, values in params.lists() for value in values]
    return params


class _Tokens:
    """Classes as the numbers that stand for them in the core."""

    def __init__(self) -> None:
        self._classes: list[type] = []

    def token(self, cls: Any) -> Any:
        if not isinstance(cls, type):
            return cls
        if cls not in self._classes:
            self._classes.append(cls)
        return self._classes.index(cls)

    def schema(self, token: Any) -> Any:
        return self._classes[token] if isinstance(token, int) else token

    def entry(self, entry: Any) -> Any:
        if isinstance(entry, Mapping) and "schema" in entry:
            return {**entry, "schema": self.token(entry["schema"])}
        if isinstance(entry, tuple | list) and entry:
            return (self.token(entry[0]), *entry[1:])
        return entry

    def composition(self, composed: Mapping[str, Any]) -> dict[str, Any]:
        return {**composed, "entries": [self.entry(entry) for entry in composed["entries"]]}

    def declared(self) -> list[list[Any]]:
        return [[token, declaration(cls).json] for token, cls in enumerate(self._classes)]
