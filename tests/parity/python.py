"""Prints what the Python package has: a line for each function, option and kind of error."""

import inspect
import typing

import scrypath
from scrypath._core import kinds

GROUPS = {
    "runtime": [scrypath.RuntimeOptions, scrypath.SearchManyOptions, scrypath.RelatedOptions],
    "search": [scrypath.SearchOptions],
    "entry": [scrypath.EntryOptions],
    "suggest": [scrypath.SuggestOptions],
    "tenant_token": [scrypath.TenantTokenOptions],
    "schema": [scrypath.SchemaOptions],
}
# Classes with functions of their own. What the asynchronous client lacks, the package lacks.
CLIENTS = [scrypath.Scrypath, scrypath.AsyncScrypath]
RESULTS = [scrypath.SearchResult, scrypath.MultiSearchResult]


def methods(cls: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")}


for name in scrypath.__all__:
    if inspect.isfunction(getattr(scrypath, name)):
        print("function", name, sep="\t")
for name in set.intersection(*map(methods, CLIENTS)):
    print("function", f"Scrypath.{name}", sep="\t")
for cls in RESULTS:
    for name in methods(cls):
        print("function", f"{cls.__name__}.{name}", sep="\t")
for group, types in GROUPS.items():
    for name in sorted({name for of in types for name in typing.get_type_hints(of)}):
        print("option", f"{group}.{name}", sep="\t")
for kind, *_ in kinds():
    print("kind", kind, sep="\t")
