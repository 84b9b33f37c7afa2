#!/usr/bin/env python3
"""Holds README.md to the programs in tests/docs: each marked block is the file it names.

With --write, puts the files into the README. Needs only the standard library.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent
LANGUAGES = {".exs": "elixir", ".py": "python", ".mjs": "js"}
MARK = re.compile(r"<!-- (tests/docs/\S+) -->\n(?:\n```\w+\n.*?\n```\n)?", re.S)


def block(match: re.Match[str]) -> str:
    path = ROOT / match.group(1)
    code = path.read_text().strip()
    return f"<!-- {match.group(1)} -->\n\n```{LANGUAGES[path.suffix]}\n{code}\n```\n"


readme = ROOT / "README.md"
text = readme.read_text()
wanted = MARK.sub(block, text)
if "--write" in sys.argv:
    readme.write_text(wanted)
elif text != wanted:
    sys.exit("README.md is not what tests/docs says: run `make generate`")
