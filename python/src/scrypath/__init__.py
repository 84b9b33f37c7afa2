"""Search for your application's own records: declared once, synced explicitly, found again as records.

Declare what of a class is searchable with :func:`schema`; write and search through :class:`Scrypath`, or
:class:`AsyncScrypath` where you await. ``meilisearch_url="memory:"`` needs no server.
"""

from ._client import AsyncScrypath, Scrypath, validate_options
from ._core import VERSION as __version__
from ._errors import (
    BackendError,
    InternalError,
    QueueError,
    ScrypathError,
    ScrypathTimeout,
    ScrypathWarning,
    TaskError,
    TransportError,
    UsageError,
)
from ._options import RuntimeOptions, SchemaOptions, SearchManyOptions, SearchOptions
from ._projection import document_id, project
from ._repos import Repo
from ._results import (
    Bucket,
    Document,
    Explanation,
    Facets,
    FacetValues,
    Failure,
    Federation,
    MultiSearchResult,
    Page,
    Query,
    Request,
    SearchResult,
    Task,
    WriteResult,
    merge_distributions,
)
from ._schema import (
    document_id_field,
    document_source,
    fingerprint,
    schema,
    schema_config,
    schema_faceting,
    schema_fields,
    schema_json,
    schema_settings,
    validate_schema,
    wire_settings,
)
from ._unset import UNSET, Unset

__all__ = [
    "UNSET",
    "AsyncScrypath",
    "BackendError",
    "Bucket",
    "Document",
    "Explanation",
    "FacetValues",
    "Facets",
    "Failure",
    "Federation",
    "InternalError",
    "MultiSearchResult",
    "Page",
    "Query",
    "QueueError",
    "Repo",
    "Request",
    "RuntimeOptions",
    "SchemaOptions",
    "Scrypath",
    "ScrypathError",
    "ScrypathTimeout",
    "ScrypathWarning",
    "SearchManyOptions",
    "SearchOptions",
    "SearchResult",
    "Task",
    "TaskError",
    "TransportError",
    "Unset",
    "UsageError",
    "WriteResult",
    "__version__",
    "document_id",
    "document_id_field",
    "document_source",
    "fingerprint",
    "merge_distributions",
    "project",
    "schema",
    "schema_config",
    "schema_faceting",
    "schema_fields",
    "schema_json",
    "schema_settings",
    "validate_options",
    "validate_schema",
    "wire_settings",
]

# Errors and signatures show the name people import, not the private module it was written in.
for _name in __all__:
    if hasattr(_member := globals()[_name], "__module__") and not isinstance(_member, Unset | str):
        _member.__module__ = __name__
del _name, _member
