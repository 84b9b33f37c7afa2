"""What ``import scrypath`` gives is what ``__all__`` says, and nothing of an extra comes along."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

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
    def verbs(client: type) -> dict[str, list[str]]:
        members = inspect.getmembers(client, inspect.isfunction)
        return {
            name: list(inspect.signature(member).parameters)
            for name, member in members
            if not name.startswith("_")
        }

    assert verbs(scrypath.Scrypath) == verbs(scrypath.AsyncScrypath)


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
        "extras = {'sqlalchemy', 'django', 'pydantic', 'starlette', 'opentelemetry', 'asyncpg'};"
        "print(sorted(extras & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_kinds_of_failure_are_the_native_librarys() -> None:
    table = _native.kinds()
    assert set(get_args(_wire.ErrorKind)) == {kind for kind, _, _, _ in table}
    assert set(get_args(_wire.ErrorClass)) == {class_ for _, class_, _, _ in table}


def test_options_are_spelt_as_the_core_spells_them() -> None:
    runtime = set(_options.RuntimeOptions.__annotations__)
    assert runtime <= set(_wire.RuntimeOptions.__annotations__)
    search = set(_options.SearchOptions.__annotations__) - runtime
    assert search == set(get_args(_wire.SearchOption))
    assert set(_options.SchemaOptions.__annotations__) == set(get_args(_wire.SchemaOption))


def test_every_class_of_failure_has_an_exception() -> None:
    classes = {class_ for _, class_, _, _ in _native.kinds()}
    assert classes == set(_errors.BY_CLASS)
    assert all(issubclass(error, scrypath.ScrypathError) for error in _errors.BY_CLASS.values())
