from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

# A server means production, unless it is told otherwise; manage.py means development.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopsite.settings.production")

django_application = get_asgi_application()

# Only now: consumers import models.
from channels.routing import ProtocolTypeRouter  # noqa: E402

from shop.routing import websockets  # noqa: E402

application = ProtocolTypeRouter({"http": django_application, "websocket": websockets})
