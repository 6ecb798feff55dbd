"""What a page may say when it calls ``fetch``, and what becomes of its body."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from typing import Any, TypedDict
from urllib.parse import urlencode

from django.core.serializers.json import DjangoJSONEncoder
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from cors_views.browsing.pages import Credentials, Redirect

FORM = "application/x-www-form-urlencoded"

Content = tuple["bytes | None", str]


class FetchOptions(TypedDict, total=False):
    """The keyword arguments of ``fetch``; ``Browser.fetch`` explains them."""

    method: str
    headers: Mapping[str, str]
    credentials: Credentials
    redirect: Redirect
    body: str | bytes | None
    data: Mapping[str, Any] | None
    json: Any
    content_type: str | None


def encode(
    body: str | bytes | None, data: Mapping[str, Any] | None, json: Any, content_type: str | None
) -> Content:
    """Return a body and its type, ``""`` for none. Raise ``TypeError`` where it is given twice."""
    if sum(each is not None for each in (body, data, json)) > 1:
        raise TypeError("fetch() takes one body: write body=, data= or json=, not several of them")
    if json is not None:
        text = json_module.dumps(json, cls=DjangoJSONEncoder)
        return text.encode(), content_type or "application/json"
    if data is not None:
        return _form(data, content_type)
    if isinstance(body, str):
        # Fetch section 5.2, "extract": what a string is, unless the page says otherwise.
        return body.encode(), content_type or "text/plain;charset=UTF-8"
    return body, content_type or ""


def _form(data: Mapping[str, Any], content_type: str | None) -> Content:
    if content_type is not None and content_type.startswith(FORM):
        return urlencode(data, doseq=True).encode(), content_type
    return encode_multipart(BOUNDARY, dict(data)), content_type or MULTIPART_CONTENT
