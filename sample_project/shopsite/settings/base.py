"""What every environment has in common: the policies have a name here, and their origins there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cors_views import CorsPolicy

BASE_DIR = Path(__file__).resolve().parents[2]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "knox",
    "cors_views",
    "shop",
    "tenants",
]

MIDDLEWARE = [
    # Above everything that can answer by itself, so that those answers stay readable too.
    "cors_views.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "shopsite.urls"
WSGI_APPLICATION = "shopsite.wsgi.application"
ASGI_APPLICATION = "shopsite.asgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        # Take the write lock at BEGIN: two orders at once wait for each other instead of failing.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"

# --- Who may read what -----------------------------------------------------------------------


def cors_policies(storefront: list[str], partners: list[str]) -> dict[str, Any]:
    """Return ``CORS_POLICIES``: views name a policy, an environment says whose it is."""
    return {
        # The shop's own pages, signed in with the session cookie. Headers and methods come from
        # the CORS_* settings; the defaults know Content-Type and X-CSRFToken.
        "storefront": CorsPolicy(origins=storefront, credentials=True),
        # Partners show our stock in their pages: no cookies, a key in a header.
        "partners": CorsPolicy(
            origins=partners,
            methods=["GET"],
            headers=["X-Partner-Key"],
            expose_headers=["X-Stock-Version"],
            max_age=600,
        ),
        # A partner's clerk signs in for a token. Even a policy whose headers are "*" would have
        # to name Authorization. Methods are those of the views.
        "partner-desk": CorsPolicy(origins=partners, headers=["Authorization", "Content-Type"]),
        # Anybody's page may read, and say who asks. A dict does as well as a CorsPolicy.
        "public": {
            "origins": "*",
            "methods": ["GET"],
            "headers": ["If-None-Match", "X-Client"],
            "expose_headers": ["ETag"],
        },
    }


CSRF_FAILURE_VIEW = "shop.views.errors.csrf_failure"

# --- The shop --------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # For views that name no other: knox's sign-in, which gives a token for a password.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["shop.http.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["shop.http.JSONParser"],
}
