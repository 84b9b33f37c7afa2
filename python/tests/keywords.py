"""Calling with keywords that are data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def call(function: Callable[..., Any], *arguments: Any, options: Any) -> Any:
    """Calls with keyword options. Pairs are splatted one by one, as Python itself refuses one given twice."""
    if isinstance(options, dict):
        return function(*arguments, **options)
    splats = ", ".join(f"**options[{at}]" for at in range(len(options)))
    namespace = {
        "function": function,
        "arguments": arguments,
        "options": [{key: value} for key, value in options],
    }
    return eval(f"function(*arguments, {splats})", namespace)
