"""For FastAPI a dependency, for Starlette a handler of exceptions.

With FastAPI::

    @app.get("/vessels")
    async def vessels(params: Annotated[SearchParams, Depends(search_params(Vessel))]):
        text, options = scrypath.search_args(params)
        return (await search.search(Vessel, text, **options)).hits

With Starlette::

    async def vessels(request):
        params = scrypath.normalize_params(request.query_params, Vessel)
        ...

    app = Starlette(routes=[Route("/vessels", vessels)], exception_handlers={ParamsError: refused})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .._edge import SearchParams, normalize_params
from .._errors import ParamsError
from ._refusal import BAD_REQUEST, body

__all__ = ["refused", "search_params"]


def search_params(schema: type | Iterable[type] | None = None) -> Callable[[Request], SearchParams]:
    """A FastAPI dependency that gives a request's search parameters, or answers 400 with the issues."""
    known = schema if schema is None or isinstance(schema, type) else list(schema)

    def dependency(request: Request) -> SearchParams:
        try:
            return normalize_params(request.query_params, known)
        except ParamsError as error:
            raise HTTPException(BAD_REQUEST, detail=body(error)) from error  # type: ignore[arg-type, unused-ignore]

    return dependency


async def refused(request: Request, error: Exception) -> Response:
    """Answers 400 with the issues of a :class:`scrypath.ParamsError`."""
    if not isinstance(error, ParamsError):
        raise error
    return JSONResponse(body(error), status_code=BAD_REQUEST)
