#!/usr/bin/env python3
"""Holds the three packages against one list: functions, options and kinds of error, and a test of each function.

Reads tests/parity/manifest.json, which the core writes, and what each package says it has, one file a language:
elixir.txt, python.txt and node.txt in the folder given. With --write, writes docs/parity.md; else holds it to what is.
Needs only the standard library.
"""

import argparse
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent
LANGUAGES = ["elixir", "python", "node"]
TESTS = {
    "elixir": ["elixir/test/**/*.exs", "elixir/test/support/*.ex"],
    "python": ["python/tests/*.py"],
    "node": ["node/test/*.js", "node/test/types/*.ts"],
}
# Tests that know what they test come before those that run whatever the vectors say.
LAST = re.compile(r"vector|/edge\.py|/served\.py|/support/|/types/")


def has(folder: pathlib.Path, language: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"function": set(), "option": set(), "kind": set()}
    for line in (folder / f"{language}.txt").read_text().splitlines():
        sort, _, name = line.partition("\t")
        if sort in found:
            found[sort].add(name)
    return found


def called(language: str, name: str) -> re.Pattern[str]:
    """How a call of a function looks."""
    if name.endswith("__using__/1"):
        return re.compile(r"\buse Scrypath\b")
    bare = name.split("/")[0]
    if language == "elixir":
        module, _, function = bare.rpartition(".")
        return re.compile(rf"\b{re.escape(module.split('.')[-1])}\.{re.escape(function)}!?\(")
    owner, _, function = bare.rpartition(".")
    before = r"\." if owner else r"\b"
    return re.compile(rf"{before}{re.escape(function)}\b")


def test_of(language: str, name: str, files: list[pathlib.Path]) -> str | None:
    """The file that calls it most, of those that know what they test."""
    call = called(language, name)
    calls = [(not LAST.search(str(file)), len(call.findall(file.read_text())), file) for file in files]
    found = max((count for count in calls if count[1]), key=lambda count: count[:2], default=None)
    return None if found is None else str(found[2].relative_to(ROOT))


def files(language: str) -> list[pathlib.Path]:
    every = {file for pattern in TESTS[language] for file in ROOT.glob(pattern)}
    return sorted(every)


def cell(name: str, test: str) -> str:
    return f"`{name}`<br>[{pathlib.Path(test).name}](../{test})"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    manifest = json.loads((ROOT / "tests/parity/manifest.json").read_text())
    excepted = json.loads((ROOT / "tests/parity/exceptions.json").read_text())
    options = [f"{group}.{name}" for group, names in manifest["options"].items() for name in names]
    kinds = [kind["kind"] for kind in manifest["kinds"]]
    missing: list[str] = []
    tests: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        there = has(given.folder, language)
        more = excepted["functions"][language]
        lacks = excepted["options"].get(language, {})
        wanted = {function[language] for function in manifest["functions"]}
        for function in manifest["functions"]:
            name = function[language]
            if name not in there["function"]:
                missing.append(f"{language}: no function {name}")
            elif (test := test_of(language, name, files(language))) is None:
                missing.append(f"{language}: no test calls {name}")
            else:
                tests[language, function["name"]] = test
        for name in sorted(there["function"] - wanted):
            bare = re.sub(r"!?/\d+$", "", name)
            is_variant = language == "elixir" and any(other.split("/")[0] == bare for other in wanted)
            if not is_variant and name not in more:
                missing.append(f"{language}: {name} is in no other language; add it to core/src/api/surface.rs")
        missing += [f"{language}: {name} is excepted, but is not there" for name in more if name not in there["function"]]
        for name in options:
            if name in there["option"] and name in lacks:
                missing.append(f"{language}: option {name} is excepted, but is there")
            if name not in there["option"] and name not in lacks:
                missing.append(f"{language}: no option {name}")
        missing += [f"{language}: no error kind {kind}" for kind in kinds if kind not in there["kind"]]
    if missing:
        print("\n".join(missing), file=sys.stderr)
        return 1
    rows = [
        "| " + " | ".join([function["name"], *(cell(function[of], tests[of, function["name"]]) for of in LANGUAGES)]) + " |"
        for function in manifest["functions"]
    ]
    page = (
        "# What the three packages have\n\n"
        "Each function as each language spells it, and a test that calls it. Written by `make generate`; `make parity` fails\n"
        "where a language lacks a function, an option or a kind of error, or does not test a function.\n\n"
        "| function | Elixir | Python | Node |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
    target = ROOT / "docs/parity.md"
    if given.write:
        target.write_text(page)
    elif not target.exists() or target.read_text() != page:
        print("docs/parity.md is not what the packages have: run `make generate`", file=sys.stderr)
        return 1
    print(f"{len(options)} options and {len(kinds)} kinds of error")
    print(f"{len(manifest['functions'])} functions in elixir, python, node")
    return 0


if __name__ == "__main__":
    sys.exit(main())
