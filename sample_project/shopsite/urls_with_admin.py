"""The API, the admin beside it, and what points to the pages: for the settings of development.

In production the admin is better off at a host of its own, that only staff can reach.
"""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from cors_views import cors_deny, cors_include
from playground.views import index
from shopsite.urls import *  # noqa: F403
from shopsite.urls import urlpatterns as api

urlpatterns = [
    *api,
    path("", index),
    path("admin/", cors_include(admin.site.urls, policy=cors_deny)),
]
