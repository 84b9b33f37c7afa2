"""Web frameworks over real HTTP: a good request is searched for, a bad one is told what is wrong."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

import scrypath


@scrypath.schema(fields=["name", "kind"], filterable=["kind"])
class Vessel: ...


GOOD = "/vessels?q=tug&filter[kind]=tug&filter%5Bkind%5D=ferry&page[number]=2"
EXPECTED = {"text": "tug", "filter": [["kind", ["tug", "ferry"]]], "page": {"number": 2}}
BAD = "/vessels?page[number]=0&filter[crew]=4"
ISSUES = [["page", "number"], ["filter", "crew"]]


def get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def told(params: scrypath.SearchParams) -> dict[str, Any]:
    return {name: params[name] for name in ("text", "filter", "page")}  # type: ignore[literal-required]


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    uvicorn = pytest.importorskip("uvicorn")
    listening = threading.Event()

    class Server(uvicorn.Server):  # type: ignore[misc, name-defined]
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            listening.set()

    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none")
    server, socket = Server(config), config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    assert listening.wait(timeout=30)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


def test_fastapi() -> None:
    fastapi = pytest.importorskip("fastapi")
    from scrypath.web.starlette import search_params

    app = fastapi.FastAPI()
    Asked = Annotated[scrypath.SearchParams, fastapi.Depends(search_params(Vessel))]

    def vessels(params):  # type: ignore[no-untyped-def]
        return told(params)

    vessels.__annotations__["params"] = Asked
    app.get("/vessels")(vessels)
    with served(app) as url:
        assert get(url + GOOD) == (200, EXPECTED)
        status, body = get(url + BAD)
    assert status == 400
    assert [issue["path"] for issue in body["detail"]["issues"]] == ISSUES


def test_starlette() -> None:
    applications = pytest.importorskip("starlette.applications")
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from scrypath.web.starlette import refused

    async def vessels(request: Any) -> Any:
        return JSONResponse(told(scrypath.normalize_params(request.query_params, Vessel)))

    app = applications.Starlette(
        routes=[Route("/vessels", vessels)], exception_handlers={scrypath.ParamsError: refused}
    )
    with served(app) as url:
        assert get(url + GOOD) == (200, EXPECTED)
        status, body = get(url + BAD)
    assert status == 400
    assert [issue["path"] for issue in body["issues"]] == ISSUES


def test_django() -> None:
    from django.conf import settings

    if not settings.configured:
        settings.configure()
    import django
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.test import override_settings
    from django.urls import path
    from django.views import View

    from scrypath.web.django import SearchParamsMixin

    django.setup()

    class Vessels(SearchParamsMixin, View):
        search_schema = Vessel

        def get(self, request: Any) -> Any:
            return JsonResponse(told(self.search_params))

    class Urls:
        urlpatterns = [path("vessels", Vessels.as_view())]

    class Quiet(WSGIRequestHandler):
        def log_message(self, *words: Any) -> None: ...

    with override_settings(ROOT_URLCONF=Urls, ALLOWED_HOSTS=["*"], MIDDLEWARE=[]):
        server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            assert get(url + GOOD) == (200, EXPECTED)
            status, body = get(url + BAD)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
    assert status == 400
    assert [issue["path"] for issue in body["issues"]] == ISSUES
