"""Settings of the sample shop: an API at one origin, for pages at three others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cors_views import CorsPolicy
from shop import demo_data
from shopsite import origins

BASE_DIR = Path(__file__).resolve().parent.parent

# A shop for one machine: the key protects nothing. DEBUG stays off so that errors have the JSON
# bodies that a real front end would see.
SECRET_KEY = "a-sample-project-that-never-leaves-this-machine-needs-no-secret"
DEBUG = False
ALLOWED_HOSTS = [".localhost", "127.0.0.1"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "knox",
    "cors_views",
    "shop",
    "playground",
]

MIDDLEWARE = [
    # Above everything that can answer by itself, so that those answers stay readable too.
    "cors_views.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Innermost: what it has not seen did not reach a view. Records calls of the pages only.
    "playground.recorder.RecorderMiddleware",
]

ROOT_URLCONF = "shopsite.urls"
WSGI_APPLICATION = "shopsite.wsgi.application"
ASGI_APPLICATION = "shopsite.asgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("PLAYGROUND_DATABASE", BASE_DIR / "db.sqlite3"),
        # Take the write lock at BEGIN: two orders at once wait for each other instead of failing.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"

# --- Who may read what -----------------------------------------------------------------------

CORS_POLICIES: dict[str, Any] = {
    # The shop's own pages, signed in with the session cookie. Headers and methods come from the
    # CORS_* settings; the defaults know Content-Type and X-CSRFToken.
    "storefront": CorsPolicy(origins=[origins.STOREFRONT], credentials=True),
    # Partners show our stock in their pages: no cookies, a key in a header.
    "partners": CorsPolicy(
        origins=[origins.PARTNER],
        methods=["GET"],
        headers=["X-Partner-Key"],
        expose_headers=["X-Stock-Version"],
        max_age=600,
    ),
    # A partner's clerk signs in for a token. Even a policy whose headers are "*" would have to
    # name Authorization. Methods are those of the views.
    "partner-desk": CorsPolicy(
        origins=[origins.PARTNER], headers=["Authorization", "Content-Type"]
    ),
    # Anybody's page may read, and say who asks. A dict does as well as a CorsPolicy.
    "public": {
        "origins": "*",
        "methods": ["GET"],
        "headers": ["If-None-Match", "X-Client"],
        "expose_headers": ["ETag"],
    },
}

# What views get that declare nothing.
CORS_ALLOWED_ORIGINS = [origins.STOREFRONT]

# check --deploy asks about every POST that is open to any origin. The shop has one, which asks for
# a parcel's price and changes nothing (shop/views/services.py).
SILENCED_SYSTEM_CHECKS = ["cors_views.W039"]

# CORS lets a page read answers. Whether a page may change anything is asked here.
CSRF_TRUSTED_ORIGINS = [origins.STOREFRONT]
CSRF_FAILURE_VIEW = "shop.views.errors.csrf_failure"

# --- The shop --------------------------------------------------------------------------------

SHOP_PARTNER_KEY = demo_data.PARTNER_KEY

REST_FRAMEWORK = {
    # For views that name no other: knox's sign-in, which gives a token for a password.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{name}: {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "reasons": {"class": "playground.recorder.ReasonHandler"},
    },
    "loggers": {
        # One line for each refused request: why, and where the policy is declared.
        "cors_views": {"level": "DEBUG", "handlers": ["console", "reasons"], "propagate": False},
        "django.request": {"level": "ERROR", "handlers": ["console"], "propagate": False},
        "uvicorn.access": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "uvicorn.error": {"level": "WARNING", "handlers": ["console"], "propagate": False},
    },
}
