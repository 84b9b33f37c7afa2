"""The rules that are the same in every stack."""

from __future__ import annotations

from typing import Any

import pytest

from vectors import cases, check

CASES = list(cases())


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_vector(case: dict[str, Any]) -> None:
    check(case)


def test_there_are_vectors() -> None:
    assert len(CASES) > 200
