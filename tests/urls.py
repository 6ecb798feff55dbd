"""The default URLconf of the test suite; tests that judge routing bring their own."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("plain/", lambda request: HttpResponse("plain"))]
