from __future__ import annotations

from django.urls import path

from tenants.views import offers

urlpatterns = [path("offers/", offers)]
