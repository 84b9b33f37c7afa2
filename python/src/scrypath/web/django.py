"""A mixin for Django's class-based views.

::

    class Vessels(SearchParamsMixin, View):
        search_schema = Vessel

        def get(self, request):
            text, options = scrypath.search_args(self.search_params)
            return JsonResponse({"hits": search.search(Vessel, text, **options).hits})
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import JsonResponse

from .._edge import SearchParams, normalize_params
from .._errors import ParamsError
from ._refusal import BAD_REQUEST, body

__all__ = ["SearchParamsMixin"]


class SearchParamsMixin:
    """Reads ``request.GET`` before the view runs; a request that is no search is answered with 400.

    Attributes:
        search_schema: the class, or classes, whose names the request may speak of.
        search_params: what the request asks for.
    """

    search_schema: type | Iterable[type] | None = None
    search_params: SearchParams

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Reads the parameters, then goes on."""
        try:
            self.search_params = normalize_params(request.GET, self.search_schema)
        except ParamsError as error:
            return self.search_refused(error)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def search_refused(self, error: ParamsError) -> Any:
        """The answer to a request that is no search. Override it to show a form instead."""
        return JsonResponse(body(error), status=BAD_REQUEST)
