"""SQLAlchemy 2: hydration by one select, and never a query while syncing. The queries are counted."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    defer,
    joinedload,
    mapped_column,
    relationship,
    scoped_session,
    sessionmaker,
)
from sqlalchemy.pool import StaticPool

import scrypath


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author")


@scrypath.schema(fields=["id", "title", "shout"], sortable=["title"])
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    summary: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")

    @hybrid_property
    def shout(self) -> str:
        return self.title.upper()

    @property
    def author_name(self) -> str | None:
        return self.author and self.author.name


@scrypath.schema(fields=["key", "name"])
class Parcel(Base):
    __tablename__ = "parcels"
    key: Mapped[uuid.UUID] = mapped_column("parcel_key", primary_key=True)
    name: Mapped[str]

    @property
    def id(self) -> str:
        return str(self.key)


class Database:
    def __init__(self) -> None:
        self.engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        Base.metadata.create_all(self.engine)
        self.statements: list[str] = []
        event.listen(self.engine, "before_cursor_execute", self._count)

    def _count(self, conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        self.statements.append(statement)

    def session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    with database.session() as session:
        ada = Author(id=1, name="Ada")
        session.add_all(Book(id=id, title=f"Harbour {id}", summary="s", author=ada) for id in (1, 2, 3))
        session.commit()
    database.statements.clear()
    yield database
    database.engine.dispose()


def test_sync_and_hydrate_with_one_select(database: Database, memory: str) -> None:
    search = scrypath.Scrypath(memory)
    with database.session() as session:
        books = list(session.scalars(select(Book)))
        database.statements.clear()
        search.sync_records(Book, books)
        assert database.statements == []

        session.expunge_all()
        found = search.search(Book, "harbour", sort={"desc": "title"}, repo=session)
        assert [book.id for book in found.records] == [3, 2, 1]
        assert len(database.statements) == 1

        session.delete(books[1] if books[1] in session else session.get_one(Book, 2))
        session.flush()
        found = search.search(Book, "harbour", sort={"asc": "title"}, repo=session)
        assert ([book.id for book in found.records], found.missing_ids) == ([1, 3], [2])


def test_preload_by_name_and_by_loader(database: Database, memory: str) -> None:
    search = scrypath.Scrypath(memory)
    with database.session() as session:
        search.sync_records(Book, list(session.scalars(select(Book))))
    for preload, selects in [("author", 2), (["author.books"], 3), (joinedload(Book.author), 1)]:
        with database.session() as session:
            database.statements.clear()
            found = search.search(Book, "harbour", repo=session, preload=preload)
            assert len(database.statements) == selects
            assert {book.author.name for book in found.records} == {"Ada"}
            assert len(database.statements) == selects
    with database.session() as session, pytest.raises(scrypath.UsageError, match="'title', which is not"):
        search.search(Book, "harbour", repo=session, preload="title")


def test_a_scoped_session_does_too(database: Database, memory: str) -> None:
    search = scrypath.Scrypath(memory, repo=scoped_session(sessionmaker(database.engine)))
    with database.session() as session:
        search.sync_records(Book, list(session.scalars(select(Book))))
    assert len(search.search(Book, "harbour").records) == 3


def test_a_key_of_another_name_and_type(database: Database, memory: str) -> None:
    search = scrypath.Scrypath(memory)
    with database.session() as session:
        parcel = Parcel(key=uuid.uuid4(), name="crate")
        session.add(parcel)
        session.commit()
        search.sync_record(Parcel, parcel)
        assert search.search(Parcel, "crate", repo=session).records == [parcel]


def fields(*names: str) -> Any:
    """The same model under another declaration."""

    @scrypath.schema(fields=names)
    class Declared: ...

    return Declared


def refused(cls: type, record: Any) -> scrypath.UsageError:
    with pytest.raises(scrypath.UsageError) as raised:
        scrypath.project(cls, record)
    return raised.value


def test_what_was_not_loaded_is_named_and_not_loaded(database: Database) -> None:
    with database.session() as session:
        book = session.scalars(select(Book).options(defer(Book.summary)).where(Book.id == 1)).one()
        database.statements.clear()
        for name in ("summary", "author"):
            error = refused(fields(name), book)
            assert error.kind == "field_not_loaded"
            assert f'"{name}"' in str(error)
        session.expire(book)
        error = refused(fields("title"), book)
        assert error.kind == "field_not_loaded"
        assert database.statements == []


def test_an_expired_record_still_knows_its_id(database: Database) -> None:
    with database.session() as session:
        book = session.get_one(Book, 1)
        session.expire(book)
        database.statements.clear()
        assert scrypath.document_id(Book, book) == 1
        assert database.statements == []


def test_a_loaded_relationship_is_no_value(database: Database) -> None:
    with database.session() as session:
        book = session.scalars(select(Book).options(joinedload(Book.author)).where(Book.id == 1)).one()
        assert refused(fields("author"), book).kind == "value_unencodable"
        assert scrypath.project(fields("author_name"), book).data == {"author_name": "Ada"}


def test_a_property_loads_nothing_either(database: Database) -> None:
    with database.session() as session:
        book = session.get_one(Book, 1)
        database.statements.clear()
        error = refused(fields("author_name"), book)
        assert error.kind == "field_not_loaded"
        assert '"author_name"' in str(error)
        assert database.statements == []
        # The session is as it was.
        assert book.author_name == "Ada"


def test_a_hook_loads_nothing_either(database: Database, memory: str) -> None:
    hooked = fields("title")
    hooked.search_document = staticmethod(lambda book: {"by": book.author.name})
    with database.session() as session:
        book = session.get_one(Book, 1)
        database.statements.clear()
        error = refused(hooked, book)
        assert error.kind == "field_not_loaded"
        assert "author" in str(error)
        assert database.statements == []
        assert book.author is not None
        assert scrypath.project(hooked, book).data == {"by": "Ada"}


def test_a_new_record_has_none_where_nothing_was_set() -> None:
    assert scrypath.project(fields("title", "summary"), Book(id=9, title="t")).data == {
        "title": "t",
        "summary": None,
    }


def test_pending_changes_are_not_flushed_by_syncing(database: Database) -> None:
    with database.session() as session:
        book = session.get_one(Book, 1)
        book.title = "changed"
        database.statements.clear()
        refused(fields("author_name"), book)
        assert database.statements == []


def test_async_sessions(database: Database, memory: str, tmp_path: Any) -> None:
    async def main() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/books.db")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        statements: list[str] = []
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        search = scrypath.AsyncScrypath(memory)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            books = [Book(id=id, title=f"Harbour {id}", author=Author(name="Ada")) for id in (1, 2)]
            session.add_all(books)
            await session.commit()
            session.expunge_all()
            books = list(await session.scalars(select(Book)))
            statements.clear()
            await search.sync_records(Book, books)
            for name in ("author", "author_name"):
                assert refused(fields(name), books[0]).kind == "field_not_loaded"
            assert statements == []

            session.expunge_all()
            found = await search.search(Book, "harbour", repo=session, preload=["author"])
            assert {book.author.name for book in found.records} == {"Ada"}
            assert len(statements) == 2
        await engine.dispose()

    asyncio.run(main())


def test_the_wrong_kind_of_session_is_refused(database: Database, memory: str) -> None:
    scrypath.Scrypath(memory).sync_record(Book, Book(id=1, title="x"))
    with pytest.raises(scrypath.UsageError, match="AsyncScrypath"):
        scrypath.Scrypath(memory).search(Book, "", repo=AsyncSession())

    async def main() -> None:
        with database.session() as session:
            await scrypath.AsyncScrypath(memory).search(Book, "", repo=session)

    with pytest.raises(scrypath.UsageError, match="AsyncSession"):
        asyncio.run(main())
