"""Declaring what of a class is searchable, and reflecting on it."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, Unpack
from weakref import ref

from ._core import decide
from ._errors import ScrypathWarning, UsageError
from ._options import SchemaOptions, given
from ._wire import Declaration as Checked
from ._wire import Source

C = TypeVar("C", bound=type)

_ATTRIBUTE = "__scrypath__"


# By the name of the schema, since that is how a job names the class; the last declared at the end.
_declared: dict[str, list[ref[type]]] = {}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A checked declaration, kept on the class it was made for."""

    json: str
    fingerprint: str
    config: dict[str, Any]
    warnings: tuple[str, ...]


def schema(
    *,
    name: str | None = None,
    from_file: str | os.PathLike[str] | None = None,
    **options: Unpack[SchemaOptions],
) -> Callable[[C], C]:
    """Declare what of a class is searchable.

    The class may be a SQLAlchemy or Django model, a dataclass, a Pydantic model or any other; the
    records that are synced under it may be its instances or mappings. The declaration is checked at
    once, and adds nothing to the class but the attribute ``__scrypath__``.

    Args:
        name: the collection's name, after which its index is named; default: the class's name.
        from_file: a declaration in the JSON form that all languages share, instead of options.
        fields: the fields of a document. Required, unless ``from_file`` is given.
        filterable: the fields that ``filter`` may name.
        sortable: the fields that ``sort`` may name.
        faceting: ``{"attributes": [...], "max_values_per_facet": 100, "sort_facet_values_by": {},
            "nested_facet_paths": False, "hierarchy": {"base": ..., "depth": ...}}``.
        settings: settings of the index, in snake_case or as Meilisearch spells them.
        document_id: the field that holds a document's id; default: ``"id"``.
        index_prefix: the prefix of the index's name; default: ``"scrypath"``.
        fan_outs: which other records :meth:`Scrypath.sync_related` syncs when one changes:
            ``{"posts": {"target": Post, "resolver": posts_of}}``. ``target`` is a declared class, or the
            name of one that is declared later. ``resolver(ids, connection)`` gets ids of this class's
            documents and gives records of the target; it may be a coroutine function.
        backend: stored and reflected only.
        tenant_field: the field that ``tenant_scope`` restricts.

    Two methods of the class are hooks: ``search_document(self)`` returns a mapping that replaces the
    declared fields, and ``search_document_id(self)`` the id under which a record is deleted.

    Raises:
        UsageError: an option is unknown, has the wrong type, or contradicts another.

    Example:
        >>> import scrypath
        >>> @scrypath.schema(fields=["title"], filterable=["status"])
        ... class Note: ...
        >>> scrypath.schema_fields(Note)
        ['title']
    """

    def declare(cls: C) -> C:
        declared = (
            _load(from_file, options) if from_file is not None else _check(name or cls.__name__, options)
        )
        for warning in declared.warnings:
            warnings.warn(f"{cls.__name__}: {warning}", ScrypathWarning, stacklevel=2)
        setattr(cls, _ATTRIBUTE, declared)
        named = _declared.setdefault(json.loads(declared.json)["name"], [])
        named[:] = [*(kept for kept in named if kept() is not None), ref(cls)]
        return cls

    return declare


def validate_schema(*, name: str = "schema", **options: Unpack[SchemaOptions]) -> dict[str, Any]:
    """Check the options of a declaration without declaring anything.

    Returns:
        What :func:`schema_config` would show.

    Raises:
        UsageError: as :func:`schema` would raise it.
    """
    return _check(name, options).config


def _check(name: str, options: SchemaOptions) -> Declaration:
    return _declaration(decide("declare", name=name, options=given(options)), options)


def _load(path: str | os.PathLike[str], options: SchemaOptions) -> Declaration:
    if options:
        raise UsageError(
            f"a declaration comes from a file or from options, not both; beside from_file: {list(options)}",
            "invalid_option",
            details={"name": "from_file"},
        )
    return _declaration(decide("load", json=Path(path).read_text(encoding="utf-8")), options)


def _declaration(checked: Checked, options: SchemaOptions) -> Declaration:
    config: dict[str, Any] = {**checked["config"]}
    config["faceting"] = dict(checked["config"]["faceting"])
    # Classes and functions of the application: the core checks them, and this keeps them.
    config["fan_outs"] = {
        fan_out: dict(parts) for fan_out, parts in dict(options.get("fan_outs", {})).items()
    }
    config["backend"] = options.get("backend")
    return Declaration(checked["json"], checked["fingerprint"], config, tuple(checked["warnings"]))


def declaration(cls: type) -> Declaration:
    declared = getattr(cls, _ATTRIBUTE, None)
    if isinstance(declared, Declaration):
        return declared
    shown = getattr(cls, "__qualname__", type(cls).__qualname__)
    raise UsageError(
        f"{shown} is not declared searchable; decorate the class with @scrypath.schema(fields=[...])",
        "invalid_schema",
        details={"schema": shown},
    )


def declared_as(name: str, fan_out: str | None = None) -> type | None:
    """The class whose schema has this name, or that has it itself; of several the last one declared.

    With ``fan_out``, one that declares it is preferred.
    """
    of_class = [each for each in _living(_declared) if each.__name__ == name]
    found = [*of_class, *_living({name: _declared.get(name, [])})]
    fanning = [cls for cls in found if fan_out in declaration(cls).config["fan_outs"]]
    return next(reversed(fanning or found), None)


def _living(of: Mapping[str, list[ref[type]]]) -> list[type]:
    return [cls for named in of.values() for each in named if (cls := each()) is not None]


def schema_config(cls: type) -> dict[str, Any]:
    """Everything a declaration says, normalized."""
    return _copied(declaration(cls).config)


def schema_fields(cls: type) -> list[str]:
    """The declared fields, with the tenant field."""
    return list(declaration(cls).config["fields"])


def schema_settings(cls: type) -> dict[str, Any]:
    """The declared settings, normalized; what is not recognized is under ``"__unrecognized__"``."""
    return deepcopy(declaration(cls).config["settings"])


def schema_faceting(cls: type) -> dict[str, Any]:
    """The declared faceting with its defaults; empty when faceting is off."""
    return deepcopy(declaration(cls).config["faceting"])


def document_source(cls: type) -> Source:
    """``"custom"`` when the class has a ``search_document`` hook, else ``"fields"``."""
    declaration(cls)
    return "fields" if hook(cls, "search_document") is None else "custom"


def document_id_field(cls: type) -> str:
    """The field that holds a document's id."""
    return str(declaration(cls).config["document_id"])


def schema_json(cls: type) -> str:
    """The declaration in the JSON form that all languages share."""
    return declaration(cls).json


def fingerprint(cls: type) -> str:
    """SHA-256 over the declaration, in hex: equal in every language that declares the same."""
    return declaration(cls).fingerprint


def wire_settings(cls: type) -> dict[str, Any]:
    """The settings that the class's index needs, as they are sent to Meilisearch."""
    return decide("wire_settings", schema=declaration(cls).json)


def hook(cls: type, name: str) -> Callable[[Any], Any] | None:
    """A hook as a function of the record, whether it is written as a method or as a static one."""
    if not callable(getattr(cls, name, None)):
        return None

    def call(record: Any) -> Any:
        owner = type(record) if isinstance(record, cls) else cls
        return getattr(owner, name)(record)

    return call


def _copied(config: dict[str, Any]) -> dict[str, Any]:
    kept = {"fan_outs", "backend"}
    return {key: value if key in kept else deepcopy(value) for key, value in config.items()}
