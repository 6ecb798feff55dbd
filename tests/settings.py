"""Settings of the test suite: the least that every test needs; tests override what they judge."""

from __future__ import annotations

from importlib.util import find_spec

SECRET_KEY = "tests"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "cors_views",
]
if find_spec("debug_toolbar"):
    # It has a model, which can only be imported where its app is installed.
    INSTALLED_APPS += ["debug_toolbar"]
MIDDLEWARE = [
    "cors_views.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
]
# Views of the tests name these while they are imported.
CORS_POLICIES = {
    "partners": {"origins": ["https://other.example"]},
    "public": {"origins": "*"},
}
STATIC_URL = "/static/"
DEBUG_TOOLBAR_PANELS = ["cors_views.panels.CorsPanel"]
