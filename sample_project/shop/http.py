"""JSON in and out."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest, JsonResponse


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that the request carries; anything else is a 400."""
    if request.content_type != "application/json":
        raise BadRequest("Send JSON, with Content-Type: application/json.")
    try:
        data = json.loads(request.body)
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise BadRequest('The body must be a JSON object, such as {"quantity": 1}.')
    return data


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
