"""Films in SQLite, found through the embedded index, with SQLAlchemy. Run by ``make demo``."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import scrypath

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"


class Base(DeclarativeBase):
    pass


@scrypath.schema(from_file=DATA / "movie.schema.json")
class Movie(Base):
    __tablename__ = "movies"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    director: Mapped[str | None]
    genre: Mapped[str | None]
    creative_type: Mapped[str | None]
    source: Mapped[str | None]
    distributor: Mapped[str | None]
    mpaa_rating: Mapped[str | None]
    release_date: Mapped[str | None]
    year: Mapped[int | None]
    running_time_min: Mapped[int | None]
    imdb_rating: Mapped[float | None]
    imdb_votes: Mapped[int | None]
    rotten_tomatoes: Mapped[int | None]
    budget: Mapped[int | None]
    worldwide_gross: Mapped[int | None]


def main(folder: str) -> None:
    # expire_on_commit=False: records stay loaded after a commit, so they can be synced then.
    session = Session(create_engine(f"sqlite:///{folder}/films.db"), expire_on_commit=False)
    search = scrypath.Scrypath(f"embedded:{folder}/index", inline_timeout=60_000)

    Base.metadata.create_all(session.get_bind())
    with open(DATA / "movies.ndjson", encoding="utf-8") as lines:
        movies = [Movie(**json.loads(line)) for line in lines]
    session.add_all(movies)
    session.commit()
    print(f"loaded {len(movies)} films into SQLite")

    written = search.sync_records(Movie, movies, sync_mode="inline")
    print(f"synced {written.document_count} films: {written.status}")

    def love() -> scrypath.SearchResult[Movie]:
        return search.search(
            Movie,
            "love",
            filter={"genre": "Drama", "year": {"gte": 1990}},
            sort={"desc": "worldwide_gross"},
            facets=["mpaa_rating"],
            page={"size": 5},
            repo=session,
        )

    found = love()
    print(f'"love": {found.page.total_hits} hits, page {found.page.number} of {found.page.total_pages}')
    print_table(found.records, ["id", "title", "year", "imdb_rating", "worldwide_gross"])
    buckets = found.facets.distribution["mpaa_rating"]
    print("mpaa_rating: " + ", ".join(f"{bucket.value} {bucket.count}" for bucket in buckets))

    first, second = found.records[:2]
    first.title = "Zanzibar Nights"
    session.commit()
    search.sync_record(Movie, first, sync_mode="inline")
    (renamed,) = search.search(Movie, "zanzibar", repo=session).records
    print(f'"zanzibar": 1 hit: {renamed.id} {renamed.title} ({renamed.year})')

    session.delete(first)
    session.commit()
    search.delete_record(Movie, first, sync_mode="inline")
    print(f'"zanzibar": {len(search.search(Movie, "zanzibar", repo=session).records)} hits')

    session.delete(second)
    session.commit()
    print(f"missing_ids: {love().missing_ids}")


def print_table(records: Iterable[Movie], columns: list[str]) -> None:
    rows = [columns, *([cell(getattr(record, column)) for column in columns] for record in records)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def cell(value: Any) -> str:
    return "-" if value is None else str(value).removesuffix(".0")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
