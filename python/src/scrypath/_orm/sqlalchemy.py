"""SQLAlchemy 2: what is loaded, and what must not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ColumnProperty, Mapper, RelationshipProperty, Session, object_session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.session import ORMExecuteState

from .._unloaded import UNLOADED, not_loaded
from . import Reader


class _SqlAlchemy:
    def reader(self, cls: type, name: str) -> Reader | None:
        mapper: Mapper[Any] = cls.__mapper__  # type: ignore[attr-defined]
        attribute = mapper.attrs.get(name)
        if isinstance(attribute, RelationshipProperty):
            return lambda record: UNLOADED
        if not isinstance(attribute, ColumnProperty):
            return None
        position = _position_in_key(mapper, attribute)

        def read(record: Any) -> Any:
            state = instance_state(record)
            if state.key is None:
                # Never stored, so there is nothing to load: a value that was not set is None.
                return None
            # The identity outlives expiry: an expired record still knows who it is.
            return UNLOADED if position is None else state.key[1][position]

        return read

    def primary_key(self, cls: type) -> str:
        mapper: Mapper[Any] = cls.__mapper__  # type: ignore[attr-defined]
        return mapper.get_property_by_column(mapper.primary_key[0]).key

    @contextmanager
    def refusing_queries(self, records: Iterable[Any]) -> Iterator[None]:
        sessions = {session for record in records if (session := _session_of(record)) is not None}
        with ExitStack() as listening:
            for session in sessions:
                event.listen(session, "do_orm_execute", _refuse)
                listening.callback(event.remove, session, "do_orm_execute", _refuse)
            # Reading an attribute would otherwise flush pending changes first.
            for session in sessions:
                listening.enter_context(session.no_autoflush)
            yield


def _session_of(record: Any) -> Session | None:
    return object_session(record) if hasattr(type(record), "__mapper__") else None


def _position_in_key(mapper: Mapper[Any], attribute: ColumnProperty[Any]) -> int | None:
    for position, column in enumerate(mapper.primary_key):
        if column in attribute.columns:
            return position
    return None


def _refuse(execution: ORMExecuteState) -> None:
    owner = execution.lazy_loaded_from
    path = execution.loader_strategy_path
    name = None if path is None else getattr(path[-1], "key", None)
    raise not_loaded(name, None if owner is None else owner.class_.__name__)


ORM = _SqlAlchemy()
