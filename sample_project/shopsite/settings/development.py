"""The shop on one machine: an API at one origin, and the playground's pages at three others."""

from __future__ import annotations

import os

from shop import demo_data
from shopsite import origins
from shopsite.settings.base import *  # noqa: F403
from shopsite.settings.base import DATABASES, INSTALLED_APPS, MIDDLEWARE, cors_policies

# `make demo` says so: then a refused answer carries X-Cors-Views, for the Network tab. Without it,
# answers look as in production: with DEBUG, Django's debug pages stand where a real front end gets
# the shop's own errors, as JSON.
DEBUG = os.environ.get("SHOP_DEBUG") == "1"

# It never leaves this machine: the key protects nothing.
SECRET_KEY = "a-sample-project-that-never-leaves-this-machine-needs-no-secret"
ALLOWED_HOSTS = [".localhost", "127.0.0.1"]

INSTALLED_APPS = [
    *INSTALLED_APPS,
    # The admin, in which the tenants are written down.
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "playground",
]
ROOT_URLCONF = "shopsite.urls_with_admin"
STATIC_URL = "/static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
MIDDLEWARE = [
    *MIDDLEWARE,
    "django.contrib.messages.middleware.MessageMiddleware",
    # Innermost: what it has not seen did not reach a view. Records calls of the pages only.
    "playground.recorder.recorder",
]

if "PLAYGROUND_DATABASE" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["PLAYGROUND_DATABASE"]

CORS_POLICIES = cors_policies(storefront=[origins.STOREFRONT], partners=[origins.PARTNER])

# What views get that declare nothing.
CORS_ALLOWED_ORIGINS = [origins.STOREFRONT]

# CORS lets a page read answers. Whether a page may change anything is asked here.
CSRF_TRUSTED_ORIGINS = [origins.STOREFRONT]

# seed_shop makes accounts whose password stands in the source: only where this says that it may.
SHOP_IS_A_DEMONSTRATION = True
SHOP_PARTNER_KEY = demo_data.PARTNER_KEY

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
