#!/usr/bin/env python3
"""Holds README.md and docs to the programs in tests/docs: each marked block is the file, or the region, it names.

`<!-- tests/docs/guides.py#many -->` stands before the region `many` of that file, `<!-- tests/docs/quickstart.py -->`
before all of one. A block of Elixir, Python or JavaScript without a mark fails. With --write, puts the code there.
Needs only the standard library.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).parent.parent.parent
LANGUAGES = {".exs": "elixir", ".py": "python", ".mjs": "js"}
MARK = re.compile(r"<!-- (tests/docs/[^\s#]+)(?:#(\w+))? -->\n(?:\n```\w+\n.*?\n```\n)?", re.S)
UNMARKED = re.compile(r"(?<!-->\n)\n```(?:elixir|python|js|ts)\n")


def code_of(path: pathlib.Path, region: str | None) -> str:
    text = path.read_text()
    if region is None:
        return text.strip()
    found = re.search(rf"^ *(?:#|//) region {region}\n(.*?)^ *(?:#|//) endregion$", text, re.S | re.M)
    if found is None:
        sys.exit(f"{path.relative_to(ROOT)} has no region {region}")
    return textwrap.dedent(found.group(1)).strip()


def block(match: re.Match[str]) -> str:
    path = ROOT / match.group(1)
    mark = match.group(0).split("\n", 1)[0]
    return f"{mark}\n\n```{LANGUAGES[path.suffix]}\n{code_of(path, match.group(2))}\n```\n"


wrong = []
for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
    text = page.read_text()
    wanted = MARK.sub(block, text)
    if "--write" in sys.argv:
        page.write_text(wanted)
    elif text != wanted:
        wrong.append(f"{page.relative_to(ROOT)} is not what tests/docs says: run `make generate`")
    if UNMARKED.search(wanted):
        wrong.append(f"{page.relative_to(ROOT)} has a block of code that no test runs")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", wanted):
        if "://" not in target and not (page.parent / target).exists():
            wrong.append(f"{page.relative_to(ROOT)} points to {target}, which does not exist")
if wrong:
    sys.exit("\n".join(wrong))
