#!/usr/bin/env python3
"""Measures a `scrypath` binary against what a real Meilisearch 1.50 answered.

    tests/conformance/run.py [path to the binary]

Starts it on a free port, replays every recorded exchange, asks the recorded queries about the films,
and prints the counts. Fails where fewer match than `EXPECTED` says: raise it, never lower it.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEY = "masterKeyForTests0123"

EXPECTED = {"exchanges": 413, "same total": 100, "same set": 100, "same first ten": 100}


def python(*arguments):
    """Runs one of the scripts beside this one; its output goes on to ours."""
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, timeout=300)
    sys.stdout.write(done.stdout)
    return done.stdout


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "target", "release", "scrypath")
    server = subprocess.Popen(
        [binary, "serve", "--addr", "127.0.0.1:0"],
        env={**os.environ, "SCRYPATH_MASTER_KEY": KEY},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = server.stdout.readline().removeprefix("listening on ").strip()
        transcripts = sorted(os.listdir(os.path.join(HERE, "transcripts")))
        paths = [os.path.join(HERE, "transcripts", name) for name in transcripts]
        replay = python(os.path.join(HERE, "replay.py"), "--url", url, "--key", KEY, *paths)
        ranking = python(
            os.path.join(HERE, "ranking.py"), "--verbose", "--url", url, "--key", KEY,
            os.path.join(HERE, "ranking", "movies.json"), os.path.join(ROOT, "tests", "data", "movies.ndjson"))
    finally:
        server.terminate()
        server.wait(30)
    found = {"exchanges": int(re.search(r"(\d+) passed", replay).group(1))}
    for name in ("same total", "same set", "same first ten"):
        found[name] = int(re.search(rf"{name} (\d+)", ranking).group(1))
    short = [f"{name}: {found[name]}, expected {least}" for name, least in EXPECTED.items() if found[name] < least]
    for line in short:
        print(line, file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
