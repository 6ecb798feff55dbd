"""Signing in and out, and the CSRF token that no other origin can take from the cookie."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views import View

from cors_views import cors_allow
from shop.http import invalid, read_json


@cors_allow("storefront")
class SessionView(View):
    def get(self, request: HttpRequest) -> JsonResponse:
        return self._session(request)

    def post(self, request: HttpRequest) -> JsonResponse:
        form = AuthenticationForm(request, data=read_json(request))
        if not form.is_valid():
            return invalid(form)
        login(request, form.get_user())
        return self._session(request)

    def delete(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def _session(self, request: HttpRequest) -> JsonResponse:
        # In the body, because the cookie belongs to the API's host: a script of the front end
        # cannot read it. No other origin is let at this answer.
        return JsonResponse(
            {"user": request.user.get_username() or None, "csrfToken": get_token(request)}
        )
