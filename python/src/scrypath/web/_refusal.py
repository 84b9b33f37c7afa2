from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .._errors import ParamsError

BAD_REQUEST = 400


def body(error: ParamsError) -> dict[str, Any]:
    """What a client is told: every issue, as JSON takes it."""
    return {"issues": [asdict(issue) for issue in error.issues]}
