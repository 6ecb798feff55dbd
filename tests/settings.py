"""Settings of the test suite: the least that every test needs; tests override what they judge."""

from __future__ import annotations

SECRET_KEY = "tests"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "cors_views",
]
MIDDLEWARE = [
    "cors_views.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
]
# Views of the tests name these while they are imported.
CORS_POLICIES = {
    "partners": {"origins": ["https://other.example"]},
    "public": {"origins": "*"},
}
