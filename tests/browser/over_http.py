"""A client of Django's that asks a real server: so our Browser can meet one, as Chromium does."""

from __future__ import annotations

import http.client
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client


class HttpClient(Client):
    """Send what the test client would hand to Django to the port of its host, on this machine."""

    def request(self, **request: Any) -> Any:
        environ = self._base_environ(**request)
        host = environ["HTTP_HOST"]
        target = f"{quote(environ['PATH_INFO'], encoding='latin1')}?{environ['QUERY_STRING']}"
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if value and (name.startswith("HTTP_") or name == "CONTENT_TYPE")
        }
        length = int(environ.get("CONTENT_LENGTH") or 0)
        connection = http.client.HTTPConnection("127.0.0.1", int(host.partition(":")[2]), 20)
        try:
            connection.request(
                environ["REQUEST_METHOD"],
                target,
                body=environ["wsgi.input"].read(length) if length else None,
                headers=headers,
            )
            return self.response_from(connection.getresponse())
        finally:
            connection.close()

    def response_from(self, received: http.client.HTTPResponse) -> Any:
        response: Any = HttpResponse(received.read(), status=received.status)
        del response.headers["Content-Type"]
        for name, value in received.getheaders():
            if name.lower() == "set-cookie":
                response.cookies.update(SimpleCookie(value))
            else:
                response.headers[name] = value
        # No request of Django's is there: it is in another process.
        response.wsgi_request = SimpleNamespace()
        return response
