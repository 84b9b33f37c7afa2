"""Every example in a docstring and in the README runs."""

from __future__ import annotations

import doctest
from pathlib import Path

import scrypath
import scrypath.migrations

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_docstrings() -> None:
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for name in scrypath.__all__:
        for example in doctest.DocTestFinder().find(getattr(scrypath, name), name, module=False, globs={}):
            runner.run(example)
    assert runner.failures == 0
    assert runner.tries > 10


def test_docstrings_of_modules_of_their_own() -> None:
    result = doctest.testmod(scrypath.migrations, optionflags=OPTIONS)
    assert result.failed == 0
    assert result.attempted > 2


def test_readme() -> None:
    readme = Path(__file__).resolve().parent.parent / "README.md"
    result = doctest.testfile(str(readme), module_relative=False, optionflags=OPTIONS)
    assert result.failed == 0
    assert result.attempted > 5
