"""Errors as JSON. A front end reads them, since CORS headers are on errors as on anything else."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from rest_framework.exceptions import APIException

from shop.http import problem


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem(HTTPStatus.BAD_REQUEST, str(exception))


def permission_denied(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem(HTTPStatus.FORBIDDEN, str(exception) or "This is not yours.")


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem(HTTPStatus.NOT_FOUND, f"There is nothing at {request.path}.")


def server_error(request: HttpRequest) -> JsonResponse:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The shop has made a mistake, not you.")


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    return problem(HTTPStatus.FORBIDDEN, f"CSRF protection: {reason}")
