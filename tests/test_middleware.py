from __future__ import annotations
from django.http import HttpResponse
from django.urls import path
from cors_views import cors_allow
from tests.tables import *


def test_smoke(send):
    @cors_allow(origins=["https://app.example"])
    def view(request):
        return HttpResponse("x")

    with urlconf(path("a/", view)):
        assert_cors_headers(
            send.actual("/a/", "https://app.example"),
            {ORIGIN: "https://app.example", "vary": "origin"},
        )
