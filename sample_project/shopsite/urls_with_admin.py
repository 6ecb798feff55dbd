"""The API, and the admin beside it: for the settings of development.

In production the admin is better off at a host of its own, that only staff can reach.
"""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from cors_views import cors_deny, cors_include
from shopsite.urls import *  # noqa: F403
from shopsite.urls import urlpatterns as api

urlpatterns = [*api, path("admin/", cors_include(admin.site.urls, policy=cors_deny))]
