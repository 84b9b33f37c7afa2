"""Hits: what the server adds to them, and how they become instances of the application's own types."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, get_origin

from . import _orm
from ._errors import UsageError


class MatchPosition(TypedDict):
    """Where in a field's text something matched, in bytes; in a list, in which of its texts."""

    start: int
    length: int
    indices: NotRequired[list[int]]


class Hit(TypedDict, total=False):
    """What the server adds to a hit, each where it was asked for.

    A base for types of one's own: ``class FilmHit(scrypath.Hit): title: str``, then
    ``found.hits_as(FilmHit)``.

    ========================  ================================================================
    ``_formatted``            its fields, highlighted and cropped: with ``attributes_to_highlight`` or
                              ``attributes_to_crop``
    ``_matchesPosition``      of each field, what matched: with ``show_matches_position``
    ``_rankingScore``         from 0 to 1: with ``show_ranking_score`` of ``per_query``
    ``_rankingScoreDetails``  of each ranking rule, what it saw: with ``show_ranking_score_details`` of
                              ``per_query``. ``SearchResult.explanation`` has them in order, and in words
    ========================  ================================================================
    """

    _formatted: dict[str, Any]
    _matchesPosition: dict[str, list[MatchPosition]]
    _rankingScore: float
    _rankingScoreDetails: dict[str, dict[str, Any]]


def hits_as(hits: list[dict[str, Any]], of: Any) -> list[Any]:
    cls = get_origin(of) or of
    if _is_mapping(cls):
        return list(hits)
    if isinstance(cls, type):
        if _orm.of(cls) is not None:
            raise UsageError(
                f"{cls.__qualname__} is a row of a database, which a hit is not; search with repo and take "
                "the records",
                "invalid_option",
                details={"schema": cls.__qualname__},
            )
        if callable(validate := getattr(cls, "model_validate", None)):
            return [validate(hit) for hit in hits]
        if dataclasses.is_dataclass(cls):
            fields = [field for field in dataclasses.fields(cls) if field.init]
            return [cls(**_arguments(cls, fields, hit, at)) for at, hit in enumerate(hits)]
    if callable(of):
        return [of(hit) for hit in hits]
    raise UsageError(
        "hits_as takes a Pydantic model, a dataclass, a TypedDict or a function of a hit, "
        f"not a {type(of).__qualname__}",
        "invalid_option",
    )


def _is_mapping(cls: Any) -> bool:
    """Whether a hit is one already: of a TypedDict, and of what every dict is."""
    return hasattr(cls, "__required_keys__") or (isinstance(cls, type) and issubclass(dict, cls))


def _arguments(
    cls: type, fields: Sequence[dataclasses.Field[Any]], hit: dict[str, Any], at: int
) -> dict[str, Any]:
    for field in fields:
        if field.name not in hit and _is_required(field):
            raise UsageError(
                f'hit {at} has no "{field.name}", which {cls.__qualname__} requires; '
                "index and retrieve it, or give it a default",
                "projection_field_missing",
                details={"name": field.name, "schema": cls.__qualname__, "position": at},
            )
    return {field.name: hit[field.name] for field in fields if field.name in hit}


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
