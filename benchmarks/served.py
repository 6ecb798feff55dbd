"""The site that a real server serves: one stack, and so many origins, said by the environment.

``BENCH_STACK`` names the contender, ``BENCH_ORIGINS`` how many origins it allows. Each stack is
told of them where it looks for them: in the settings, or at the view.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings

# Before sites.py is imported: it would configure its own, which have no URLconf.
settings.configure(
    SECRET_KEY="benchmarks",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["cors_views"],
    USE_I18N=False,
    ROOT_URLCONF=__name__,
)

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402

from benchmarks.sites import CONTENDERS, answer, async_answer, origins  # noqa: E402
from cors_views import cors_allow  # noqa: E402

stack = os.environ["BENCH_STACK"]
allowed = origins(int(os.environ["BENCH_ORIGINS"]))

settings.MIDDLEWARE = CONTENDERS[stack]
views: dict[str, Callable[..., Any]] = {"sync/": answer, "async/": async_answer}
if stack == "django-cors-headers":
    settings.CORS_ALLOWED_ORIGINS = allowed
elif stack == "cors_views":
    views = {route: cors_allow(origins=allowed)(view) for route, view in views.items()}

urlpatterns = [path(route, view) for route, view in views.items()]
application = get_wsgi_application()
asgi_application = get_asgi_application()
