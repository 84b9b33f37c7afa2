from dataclasses import dataclass

import scrypath


@scrypath.schema(
    fields=["id", "title", "status"],
    filterable=["status"],
    sortable=["title"],
    faceting={"attributes": ["status"]},
)
@dataclass
class Note:
    id: int
    title: str
    status: str


ROWS = {1: Note(1, "Harbour lights", "open"), 2: Note(2, "Harbour master", "closed")}


class Notes:
    """Where hits become records again: a SQLAlchemy session, a Django manager, or one method."""

    def fetch(self, model, key, ids, preload):
        return [ROWS[id] for id in ids if id in ROWS]


search = scrypath.Scrypath(meilisearch_url="memory:")  # AsyncScrypath: the same, awaited

# "inline" returns when the index has the documents; "manual" when it has accepted them.
written = search.sync_records(Note, ROWS.values(), sync_mode="inline")
assert written.status == "completed"

result = search.search(Note, "harb", filter={"status": "open"}, facets=["status"], repo=Notes())
assert [note.title for note in result.records] == ["Harbour lights"]
assert result.missing_ids == []
assert [(b.value, b.count) for b in result.facets.distribution["status"]] == [("open", 1)]

assert search.delete_record(Note, ROWS[1]).status == "completed"
assert search.search(Note, "lights").hits == []

# What would be sent, without sending it.
explained = search.explain(Note, "harb", filter={"status": ["open", "new"]})
assert explained.request["body"]["filter"] == ['status IN ["open", "new"]']

# A misspelt field is refused before anything is sent, with what is accepted.
try:
    search.search(Note, "harb", filter={"statsu": "open"})
except scrypath.UsageError as error:
    assert error.kind == "filter_not_declared"
    assert 'filterable: ["status"]' in str(error)
