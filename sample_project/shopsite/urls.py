from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/", include("shop.urls"))]

# Errors are JSON everywhere, as the rest of the API.
handler400 = "shop.views.errors.bad_request"
handler403 = "shop.views.errors.permission_denied"
handler404 = "shop.views.errors.not_found"
handler500 = "shop.views.errors.server_error"
