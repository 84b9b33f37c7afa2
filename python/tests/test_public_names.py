"""What ``import scrypath`` gives is what ``__all__`` says, and nothing of an extra comes along."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args, get_type_hints, is_typeddict

import scrypath
from scrypath import _errors, _native, _options, _wire

ROOT = Path(__file__).resolve().parents[2]


def test_all_is_exactly_what_is_visible() -> None:
    visible = {
        name
        for name, member in vars(scrypath).items()
        if not inspect.ismodule(member) and (not name.startswith("__") or name == "__version__")
    }
    assert visible == set(scrypath.__all__)
    assert sorted(scrypath.__all__) == sorted(set(scrypath.__all__))


def test_both_clients_have_the_same_verbs() -> None:
    def verbs(client: type) -> dict[str, inspect.Signature]:
        members = inspect.getmembers(client, inspect.isfunction)
        return {name: inspect.signature(member) for name, member in members if not name.startswith("_")}

    blocking, awaited = verbs(scrypath.Scrypath), verbs(scrypath.AsyncScrypath)
    # A worker is awaited itself.
    assert blocking.pop("worker") == awaited.pop("worker").replace(return_annotation="Worker")
    assert blocking == awaited
    assert {"suggest", "tenant_token"} <= set(verbs(scrypath.Scrypath))


def test_what_never_waits_is_not_awaited() -> None:
    for name in ("explain", "index_name", "tenant_token", "worker"):
        assert not inspect.iscoroutinefunction(getattr(scrypath.AsyncScrypath, name))


def test_the_types_of_dicts_can_be_asked_for() -> None:
    types = [member for name in scrypath.__all__ if is_typeddict(member := getattr(scrypath, name))]
    assert {scrypath.Hit, scrypath.SuggestOptions, scrypath.Capabilities} <= {*types}
    for each in types:
        assert get_type_hints(each)


def test_every_public_name_is_documented_and_shows_its_public_home() -> None:
    for name in scrypath.__all__:
        member = getattr(scrypath, name)
        if inspect.isclass(member) or inspect.isfunction(member):
            assert inspect.getdoc(member), name
            assert member.__module__ == "scrypath", name


def test_the_version_is_the_cores() -> None:
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())
    assert scrypath.__version__ == _native.VERSION == workspace["workspace"]["package"]["version"]


def test_importing_brings_no_extra_along() -> None:
    program = (
        "import sys, scrypath;"
        "extras = {'sqlalchemy', 'django', 'pydantic', 'starlette', 'opentelemetry', 'asyncpg', 'psycopg', "
        "'alembic', 'oban'};"
        "print(sorted(extras & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_without_oban_is_said_what_to_install() -> None:
    program = (
        "import sys, scrypath; sys.modules['oban'] = None\n"
        "try: import scrypath.oban\n"
        "except ImportError as error: print(error)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "needs Python 3.12: pip install 'scrypath[oban]'" in shown.stdout


def test_the_kinds_of_failure_are_the_native_librarys() -> None:
    table = _native.kinds()
    assert set(get_args(_wire.ErrorKind)) == {kind for kind, _, _, _ in table}
    assert set(get_args(_wire.ErrorClass)) == {class_ for _, class_, _, _ in table}


def test_options_are_spelt_as_the_core_spells_them() -> None:
    runtime = set(_options.RuntimeOptions.__annotations__)
    assert runtime <= set(_wire.RuntimeOptions.__annotations__)
    search = set(_options.SearchOptions.__annotations__) - runtime
    assert search == set(get_args(_wire.SearchOption))
    assert set(_options.EntryOptions.__annotations__) == search | {"federation_weight"}
    suggest = set(_options.SuggestOptions.__annotations__) - runtime
    assert suggest - search == {"field", "limit"}
    token = set(_options.TenantTokenOptions.__annotations__) - runtime
    assert token == {"api_key", "api_key_uid", "expires_in", "expires_at", "filter"}
    # What the core never sees.
    assert set(_options.WriteOptions.__annotations__) - runtime == {"connection"}
    related = set(_options.RelatedOptions.__annotations__) - set(_options.WriteOptions.__annotations__)
    assert related == {"fan_out"}
    assert set(_options.SchemaOptions.__annotations__) == set(get_args(_wire.SchemaOption))


def test_every_class_of_failure_has_an_exception() -> None:
    classes = {class_ for _, class_, _, _ in _native.kinds()}
    assert classes == set(_errors.BY_CLASS)
    assert all(issubclass(error, scrypath.ScrypathError) for error in _errors.BY_CLASS.values())
