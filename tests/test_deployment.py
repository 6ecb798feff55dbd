"""The sample project in production: gunicorn behind nginx with TLS and a cache, on one machine.

It runs ``docs/nginx.conf`` and ``shopsite.settings.production`` as they are, with other ports,
paths and hosts.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from tests.samples import ROOT, samples
from tests.servers import find, framed, free_port, running

pytest.importorskip("knox", reason="the shop's partners sign in with django-rest-knox")
pytest.importorskip("gunicorn", reason="gunicorn is what serves the shop in production")

HOST, OTHER_HOST = "api.example.com", "api.example.net"
STOREFRONT, PARTNER = "https://www.example.org", "https://partner.example"
STRANGER = "https://stranger.example"
PARTNER_KEY = secrets.token_urlsafe(16)
COUNT = "from django.contrib.auth.models import User; print(User.objects.count(), 'users')"
ALLOWED = "access-control-allow-origin"


@dataclass
class Site:
    """The shop at nginx's door."""

    port: int
    cache: Path

    def ask(
        self,
        path: str,
        origin: str | None = None,
        method: str = "GET",
        host: str = HOST,
        **headers: str,
    ) -> http.client.HTTPResponse:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=context
        )
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"Origin": origin} if origin else {}
        connection.request(method, path, headers={"Host": host, **given, **sent})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def copies(self) -> int:
        """Return how many answers the cache holds."""
        return sum(file.is_file() for file in self.cache.rglob("*"))


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "shopsite.settings.production",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "sample_project"), str(ROOT)]),
        # gunicorn keeps a socket below it.
        "HOME": str(folder),
        "SHOP_SECRET_KEY": secrets.token_urlsafe(60),
        "SHOP_HOSTS": f"{HOST} {OTHER_HOST}",
        "SHOP_STOREFRONTS": STOREFRONT,
        "SHOP_PARTNERS": PARTNER,
        "SHOP_PARTNER_KEY": PARTNER_KEY,
        "SHOP_DATABASE": str(folder / "shop.sqlite3"),
    }


def configuration(folder: Path, application: int, plain: int, tls: int) -> str:
    """Return ``docs/nginx.conf`` for this machine; nginx wants a frame around it."""
    text = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    for written, here in {
        "127.0.0.1:8000": f"127.0.0.1:{application}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{tls} ssl;",
        "/etc/ssl/": f"{folder}/",
        "/var/cache/nginx/shop": str(folder / "cache"),
    }.items():
        assert text.count(written) >= 1, written
        text = text.replace(written, here)
    return framed(folder, text)


def managed(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "sample_project" / "manage.py"), *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def manage(folder: Path, env: dict[str, str], *arguments: str) -> str:
    done = managed(folder, env, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def seed(folder: Path, env: dict[str, str]) -> None:
    """Fill the shop with what the tests ask for, which the settings of production refuse to do."""
    development = {
        "DJANGO_SETTINGS_MODULE": "shopsite.settings.development",
        "PLAYGROUND_DATABASE": env["SHOP_DATABASE"],
    }
    manage(folder, env | development, "seed_shop", "--verbosity", "0")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    nginx, openssl = find("nginx"), find("openssl")
    folder = tmp_path_factory.mktemp("production")
    env = environment(folder)
    manage(folder, env, "migrate", "--verbosity", "0")
    seed(folder, env)
    subprocess.run(
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN={HOST} "
        f"-keyout {folder}/{HOST}.key -out {folder}/{HOST}.pem",
        shell=True,
        check=True,
        capture_output=True,
    )
    application, plain, tls = free_port(), free_port(), free_port()
    (folder / "nginx.conf").write_text(configuration(folder, application, plain, tls))
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "2"]
    gunicorn += ["--bind", f"127.0.0.1:{application}", "shopsite.wsgi:application"]
    with (
        running(gunicorn, application, folder, env),
        running([nginx, "-c", str(folder / "nginx.conf")], tls, folder, env),
    ):
        yield Site(tls, folder / "cache")


def test_production_settings_pass_the_checks_of_a_deployment(tmp_path: Path) -> None:
    said = manage(tmp_path, environment(tmp_path), "check", "--deploy", "--fail-level", "WARNING")

    # Those that are silenced are what the sample project's README explains.
    assert "no issues (3 silenced)" in said


@pytest.mark.parametrize(
    ("environ", "seconds"), [({}, "3600"), ({"SHOP_HSTS_SECONDS": "31536000"}, "31536000")]
)
def test_https_is_no_promise_for_a_year_unless_somebody_says_so(
    tmp_path: Path, environ: dict[str, str], seconds: str
) -> None:
    said = manage(tmp_path, environment(tmp_path) | environ, "diffsettings", "--all")

    assert f"SECURE_HSTS_SECONDS = {seconds}\n" in said
    assert "\n### SECURE_HSTS_INCLUDE_SUBDOMAINS = False\n" in said
    assert "\n### SECURE_HSTS_PRELOAD = False\n" in said


def test_the_commands_of_the_read_me_work(tmp_path: Path) -> None:
    """All of them, as they stand there: only the server is not left running."""
    find("openssl")
    (commands,) = (
        one.code
        for one in samples(ROOT / "sample_project" / "README.rst")
        if "SHOP_SECRET_KEY" in one.code
    )
    serve = "gunicorn --bind 127.0.0.1:8000 "
    assert (commands.count(serve), commands.count("/srv/shop/")) == (1, 1)
    script = commands.replace("$ ", "").replace(serve, "gunicorn --check-config ")
    env = {name: value for name, value in environment(tmp_path).items() if "SHOP_" not in name}
    del env["DJANGO_SETTINGS_MODULE"]
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])

    done = subprocess.run(
        ["bash", "-ec", script.replace("/srv/shop/", f"{tmp_path}/")],
        cwd=ROOT / "sample_project",
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Applying shop." in done.stdout
    assert (tmp_path / "db.sqlite3").exists()


@pytest.mark.parametrize("value", [None, " "], ids=["unset", "blank"])
@pytest.mark.parametrize(
    "name",
    ["SHOP_SECRET_KEY", "SHOP_HOSTS", "SHOP_STOREFRONTS", "SHOP_PARTNER_KEY", "SHOP_DATABASE"],
)
def test_production_settings_want_what_has_no_default(
    tmp_path: Path, name: str, value: str | None
) -> None:
    env = environment(tmp_path)
    del env[name]

    done = managed(tmp_path, env if value is None else env | {name: value}, "check")

    assert done.returncode != 0
    assert f"ImproperlyConfigured: The environment lacks {name}" in done.stderr


def test_nobody_with_a_public_password_gets_into_production(tmp_path: Path) -> None:
    env = environment(tmp_path)
    manage(tmp_path, env, "migrate", "--verbosity", "0")

    done = managed(tmp_path, env, "seed_shop")

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: These settings are of no demonstration")
    assert "0 users" in manage(tmp_path, env, "shell", "-c", COUNT)


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_a_server_that_is_told_nothing_takes_the_settings_of_production(
    tmp_path: Path, server: str
) -> None:
    env = environment(tmp_path)
    del env["DJANGO_SETTINGS_MODULE"]
    asked = (
        f"import shopsite.{server}; print(shopsite.{server}.os.environ['DJANGO_SETTINGS_MODULE'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True
    )

    assert done.stdout == "shopsite.settings.production\n"


def test_manage_that_is_told_nothing_takes_the_settings_of_development(tmp_path: Path) -> None:
    env = environment(tmp_path)
    del env["DJANGO_SETTINGS_MODULE"]

    assert "SHOP_PARTNER_KEY = 'demo-partner-key'" in manage(tmp_path, env, "diffsettings")


def test_any_origin_makes_one_copy_in_all(site: Site) -> None:
    before = site.copies()
    answers = [site.ask("/api/products/", origin) for origin in (STOREFRONT, STRANGER, None)]

    assert [answer.getheader(ALLOWED) for answer in answers] == ["*", "*", "*"]
    assert "origin" not in (answers[0].getheader("vary") or "").lower()
    assert [answer.getheader("x-cache") for answer in answers] == ["MISS", "HIT", "HIT"]
    assert site.copies() == before + 1


def test_nobody_chooses_the_form_of_what_all_get(site: Site) -> None:
    path = "/api/products/?indent"
    indented, plain = (
        site.ask(path, accept=accept) for accept in ("application/json; indent=8", "*/*")
    )
    fresh = site.ask("/api/products/?plain", accept="application/json")

    assert [one.getheader("x-cache") for one in (indented, plain)] == ["MISS", "HIT"]
    assert plain.getheader("content-length") == fresh.getheader("content-length")


def test_named_origins_make_one_copy_each(site: Site) -> None:
    before = site.copies()
    origins = (PARTNER, STRANGER, PARTNER, STRANGER)
    answers = [site.ask("/api/products/enamel-mug/", origin) for origin in origins]

    assert [one.getheader(ALLOWED) for one in answers] == [PARTNER, "*", PARTNER, "*"]
    assert "origin" in answers[0].getheader("vary", "").lower()
    assert [one.getheader("x-cache") for one in answers] == ["MISS", "MISS", "HIT", "HIT"]
    assert site.copies() == before + 2


def test_the_settings_policy_makes_one_copy_each(site: Site) -> None:
    origins = (STOREFRONT, STRANGER, STOREFRONT, None)
    answers = [site.ask("/api/prices/", origin) for origin in origins]

    assert [one.getheader(ALLOWED) for one in answers] == [STOREFRONT, None, STOREFRONT, None]
    assert [one.getheader("x-cache") for one in answers] == ["MISS", "MISS", "HIT", "MISS"]


def test_a_preflight_passes_through(site: Site) -> None:
    before = site.copies()
    answers = [
        site.ask("/api/cart/", origin, "OPTIONS", access_control_request_method="PATCH")
        for origin in (STOREFRONT, STRANGER)
    ]

    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.getheader(ALLOWED) for answer in answers] == [STOREFRONT, None]
    assert "PATCH" in answers[0].getheader("access-control-allow-methods", "")
    assert site.copies() == before


def test_what_depends_on_a_cookie_is_in_no_cache(site: Site) -> None:
    before = site.copies()
    answer = site.ask("/api/products/wool-blanket/", PARTNER, cookie="sessionid=x")

    assert answer.getheader("x-cache") == "BYPASS"
    assert site.copies() == before


def test_what_a_key_opens_is_in_no_cache(site: Site) -> None:
    """The key is a credential that no cache knows: nothing but the view's own word keeps it out."""
    before = site.copies()
    told = site.ask("/api/stock/", PARTNER, x_partner_key=PARTNER_KEY)
    without, wrong = (
        site.ask("/api/stock/", PARTNER),
        site.ask("/api/stock/", PARTNER, x_partner_key="x"),
    )

    assert (told.status, told.getheader("cache-control")) == (200, "private, no-store")
    assert [(one.status, one.getheader("x-cache")) for one in (without, wrong)] == [
        (401, "MISS")
    ] * 2
    assert site.copies() == before


@pytest.mark.parametrize("path", ["/api/", "/api/postage/"])
def test_what_says_nothing_of_caches_is_in_none(site: Site, path: str) -> None:
    before = site.copies()
    answers = [site.ask(path, STOREFRONT) for _ in range(2)]

    assert [(one.status, one.getheader("x-cache")) for one in answers] == [(200, "MISS")] * 2
    assert site.copies() == before


def test_two_hosts_share_no_copy(site: Site) -> None:
    path = "/api/products/?two-hosts"
    answers = [site.ask(path, host=host) for host in (HOST, HOST, OTHER_HOST)]

    assert [one.status for one in answers] == [200, 200, 200]
    assert [one.getheader("x-cache") for one in answers] == ["MISS", "HIT", "MISS"]


def test_cookies_travel_to_another_site_over_https_alone(site: Site) -> None:
    answer = site.ask("/api/session/", STOREFRONT)

    assert answer.getheader(ALLOWED) == STOREFRONT
    assert answer.getheader("access-control-allow-credentials") == "true"
    cookie = SimpleCookie(answer.getheader("set-cookie", ""))["csrftoken"]
    assert (cookie["samesite"], cookie["secure"]) == ("None", True)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_plain_http_is_redirected_preflights_too(site: Site, method: str) -> None:
    text = (site.cache.parent / "nginx.conf").read_text()
    plain = int(text.partition("listen 127.0.0.1:")[2].partition(";")[0])
    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=20)
    with contextlib.closing(connection):
        sent = {"Host": HOST, "Origin": STOREFRONT, "Access-Control-Request-Method": "PUT"}
        connection.request(method, "/api/products/", headers=sent)
        answer = connection.getresponse()

    assert (answer.status, answer.getheader("location")) == (301, f"https://{HOST}/api/products/")
