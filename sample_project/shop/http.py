"""JSON in and out."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest, JsonResponse
from rest_framework import parsers, renderers
from rest_framework.exceptions import ParseError


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that the request carries; anything else is a 400."""
    if request.content_type != "application/json":
        raise BadRequest("Send JSON, with Content-Type: application/json.")
    try:
        data = json.loads(request.body)
        # JSON may escape half a character, such as \ud800: no database and no hash takes that.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise BadRequest('The body must be a JSON object, such as {"quantity": 1}.')
    return data


class JSONParser(parsers.JSONParser):
    """A parser to which JSON that is nested too deep is a mistake of the client's: a 400."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError(f"JSON parse error - {error}") from error


class JSONRenderer(renderers.JSONRenderer):
    """A renderer of one form alone, since a cache keeps the catalogue for everybody.

    REST framework's own indents where ``Accept`` says ``application/json; indent=8``: other bytes
    under the same ETag, and no ``Vary`` to tell caches so.
    """

    def get_indent(self, accepted_media_type: str, renderer_context: dict[str, Any]) -> None:
        return None


def problem(status: HTTPStatus, detail: str, **more: Any) -> JsonResponse:
    return JsonResponse({"error": status.phrase, "detail": detail, **more}, status=status)


def invalid(form: forms.BaseForm) -> JsonResponse:
    return problem(
        HTTPStatus.BAD_REQUEST,
        "Some fields are not valid.",
        fields={name: [str(error) for error in errors] for name, errors in form.errors.items()},
    )


def sign_in_first() -> JsonResponse:
    return problem(HTTPStatus.UNAUTHORIZED, "Sign in first: POST to /api/session/.")
