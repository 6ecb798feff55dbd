"""What somebody sees who opens the API's own host: where the pages are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_safe

from cors_views import cors_deny
from playground.sites import SITES

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>cors_views playground: the API</title>
<body style="font: 17px/1.6 sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em">
<h1>The API of the playground</h1>
<p>Open one of the pages that call it:</p>
<ul>{pages}</ul>
<p>Or look at <a href="/api/products/">an answer of the API</a>,
or at <a href="/admin/">the admin</a>.
"""


@cors_deny
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    pages = ((f"{site.origin}/", site.title) for site in SITES)
    links = format_html_join("\n", '<li><a href="{}">{}</a>', pages)
    return HttpResponse(format_html(PAGE, pages=links))
