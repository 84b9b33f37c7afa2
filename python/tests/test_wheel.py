"""The package as people get it: a wheel, installed beside nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import scrypath
from conftest import ROOT

USE = """
import scrypath, sys
search = scrypath.Scrypath("http://127.0.0.1:1")
print(search.worker(database_url=sys.argv[1], until_idle=True).wait().completed)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel alone."""
    folder = tmp_path_factory.mktemp("wheel")
    maturin = [sys.executable, "-m", "maturin", "build", "--quiet", "--release", "--out", str(folder)]
    subprocess.run(maturin, cwd=ROOT / "python", check=True)
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(environment), "install", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    return environment / "bin"


def run(*command: Path | str) -> str:
    environment = {"PATH": "/nowhere"} | {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    return said.stdout


def test_it_brings_the_command_and_a_worker(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "scrypath", "--version") == f"scrypath {scrypath.__version__}\n"
    url = f"sqlite:{tmp_path / 'jobs.db'}"
    run(installed / "scrypath", "queue", "install", "--database-url", url)
    assert run(installed / "python", "-c", USE, url) == "0\n"


def test_a_command_that_is_wrong_ends_as_it_would_alone(installed: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        run(installed / "scrypath", "no-such-command")
    assert raised.value.returncode == 2
