from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

# A server means production, unless it is told otherwise; manage.py means development.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopsite.settings.production")

application = get_wsgi_application()
