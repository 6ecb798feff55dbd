"""The shop behind nginx, for a front end at another site over https.

Everything that differs from one deployment to the next comes from the environment, and nothing that
is secret has a default. ``shopsite.wsgi`` and ``shopsite.asgi`` use this;
``DJANGO_SETTINGS_MODULE=shopsite.settings.production`` selects it for ``manage.py``, too.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from shopsite.settings.base import *  # noqa: F403
from shopsite.settings.base import DATABASES, cors_policies


def required(name: str) -> str:
    """Return a variable of the environment; say which one is missing.

    Blank counts as missing: ``SHOP_PARTNER_KEY=`` would be a key that everybody has.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"The environment lacks {name}; README.rst lists what it needs.")
    return value


DEBUG = False
SECRET_KEY = required("SHOP_SECRET_KEY")
#: Lists are separated by spaces.
ALLOWED_HOSTS = required("SHOP_HOSTS").split()
STOREFRONTS = required("SHOP_STOREFRONTS").split()
PARTNERS = os.environ.get("SHOP_PARTNERS", "").split()
SHOP_PARTNER_KEY = required("SHOP_PARTNER_KEY")

DATABASES["default"]["NAME"] = required("SHOP_DATABASE")

CORS_POLICIES = cors_policies(storefront=STOREFRONTS, partners=PARTNERS)
CORS_ALLOWED_ORIGINS = STOREFRONTS
# A second list, because it is a second question: who may change something.
CSRF_TRUSTED_ORIGINS = STOREFRONTS

# The front end is at another site, where cookies go along only if they say so, and only over https.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "None"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

# nginx ends TLS and says so; it overwrites what a client sends. Without nginx in front, anybody
# could claim https: then remove this line.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# So long browsers go on refusing plain http to this host, and any certificate that is not in order.
# Begin with an hour; go up to a year (31536000) when all is well.
SECURE_HSTS_SECONDS = int(os.environ.get("SHOP_HSTS_SECONDS", "3600"))
# Promises that may not be yours to make: that every host below this one speaks https, and that
# browsers may have all this built in, which takes months to undo. Decide, then turn them on and
# stop silencing what Django says about it.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Remove when you copy this, or you will not hear of a POST of your own. It is about that to
# /api/postage/, which is open to any origin on purpose: it tells a price and changes nothing.
SILENCED_SYSTEM_CHECKS += ["cors_views.W039"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        # Mistakes, and what views that enforce refuse. At DEBUG it is a line for each answer that
        # a browser hides, which strangers can cause at will.
        "cors_views": {"level": "INFO", "handlers": ["console"]},
        "django": {"level": "WARNING", "handlers": ["console"]},
    },
}
