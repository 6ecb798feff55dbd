"""Every block of code in the README and in docs/ is run, and every command there exists.

A page is read from top to bottom: a block may use what the blocks above it defined, and what
``PREPARED`` hands to its page. A block that needs anything else fails with a NameError.
"""

from __future__ import annotations

import contextlib
import logging.config
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.core.checks import ERROR, run_checks
from django.core.management import get_commands
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import path
from django.utils.module_loading import import_string

from cors_views import CorsPolicy, declarations
from tests.samples import PAGES, ROOT, Reader, Sample, everything, samples
from tests.tables import CREDENTIALS, ORIGIN, Patterns, Sender, cors_headers

#: The settings of a fresh project, as far as a sample says ``...`` for them, and the named
#: policies that samples use without saying so each time.
FRESH: dict[str, Any] = {
    "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes"],
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    "DEBUG_TOOLBAR_PANELS": [],
    "CORS_POLICIES": {
        "partners": {"origins": ["https://partner.example"]},
        "public": {"origins": "*"},
        "storefront": {"origins": ["https://www.example.com"], "credentials": True},
    },
}


def module(patch: pytest.MonkeyPatch, name: str, **names: Any) -> None:
    """Let ``import name`` find a module with these names, for the time of one test."""
    made = ModuleType(name)
    vars(made).update(names)
    patch.setitem(sys.modules, name, made)
    package, _, last = name.rpartition(".")
    if package:
        patch.setattr(sys.modules[package], last, made, raising=False)


def _readme(names: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    module(patch, "partner")
    module(patch, "partner.urls", urlpatterns=[])


class Tenant:
    """A model as far as the samples ask one: two tenants, with an origin each."""

    rows = ({"slug": "rye", "origin": "https://rye.example"},)

    class Found(list[Any]):
        def exists(self) -> bool:
            return bool(self)

        async def aexists(self) -> bool:
            return bool(self)

    class objects:
        @staticmethod
        def filter(**wanted: str) -> Tenant.Found:
            return Tenant.Found(row for row in Tenant.rows if wanted.items() <= row.items())

        @staticmethod
        def values_list(name: str, flat: bool) -> list[str]:
            return [row[name] for row in Tenant.rows]


def _tenants(names: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    names["Tenant"] = Tenant


def _environments(names: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    for name in ("settings", "settings.base", "settings.development", "settings.production"):
        module(patch, name)
    patch.setenv("STOREFRONT_ORIGINS", "https://www.example.com https://shop.example.com")


def _deployment(names: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    for name in ("settings", "settings.base", "settings.production"):
        module(patch, name)
    patch.setenv("SHOP_STOREFRONTS", "https://www.example.org")


def _third_party(names: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    for name in ("allauth", "wagtail"):
        module(patch, name)
        module(patch, f"{name}.urls", urlpatterns=[])
    # The real one wants to be installed, with its tables.
    module(patch, "django.contrib.admin", site=SimpleNamespace(urls=([], "admin", "admin")))
    names["GraphQLView"] = import_string("tests.test_other_frameworks.GraphQLView")
    names["ninja_api"] = import_string("tests.test_other_frameworks.shop")("samples")


#: What a page's blocks need and do not say. A key that names no page is a mistake.
PREPARED = {
    "README.rst": _readme,
    "docs/deployment.rst": _deployment,
    "docs/environments.rst": _environments,
    "docs/tenants.rst": _tenants,
    "docs/third_party.rst": _third_party,
}
#: Pages whose blocks need a package that is an extra.
NEEDED = {
    "docs/rest_framework.rst": "rest_framework",
    "docs/third_party.rst": "ninja",
    "docs/reasons.rst": "debug_toolbar",
}
PYTHON = [one for one in everything() if one.language == "python"]


def page_name(sample: Sample) -> str:
    return sample.page.relative_to(ROOT).as_posix()


def of(samples: list[Sample]) -> Any:
    return pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in samples])


@pytest.fixture
def reader(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Return a reader who has read the page up to the block."""
    pytest.importorskip(NEEDED.get(page_name(sample), "django"), reason="is what the page is about")
    monkeypatch.setattr(declarations, "_everything_applied", set())
    known = dict(sys.modules)
    reader = Reader(FRESH)
    try:
        with contextlib.ExitStack() as stack:
            if page_name(sample) in PREPARED:
                PREPARED[page_name(sample)](reader.names, monkeypatch)
            for earlier in samples(sample.page):
                if earlier.code == sample.code:
                    break
                if earlier.language == "python":
                    stack.enter_context(override_settings(**_laid_over(reader.settings)))
                    reader.run(earlier)
            stack.enter_context(override_settings(**_laid_over(reader.settings)))
            yield reader
    finally:
        for name in set(sys.modules) - set(known):
            if getattr(sys.modules[name], "__file__", None) is None:
                del sys.modules[name]


def _laid_over(settings: dict[str, Any]) -> dict[str, Any]:
    """Return those settings that tell how requests are answered: apps cannot come and go here."""
    return {
        name: value
        for name, value in settings.items()
        if name.startswith(("CORS_", "CSRF_", "SESSION_"))
    }


@of(PYTHON)
def test_the_block_runs(sample: Sample, reader: Reader) -> None:
    new = reader.run(sample)

    assert new or sample.file or _only_calls(sample)


def _only_calls(sample: Sample) -> bool:
    """Whether a block is there for what it does, such as connecting a receiver."""
    return "connect(" in sample.code


@of([one for one in PYTHON if one.is_settings])
def test_the_settings_are_in_order(sample: Sample, reader: Reader) -> None:
    new = reader.run(sample)

    for dotted in (*new.get("MIDDLEWARE", ()), *new.get("DEBUG_TOOLBAR_PANELS", ())):
        assert import_string(dotted)
    for app in new.get("INSTALLED_APPS", ()):
        assert find_spec(app)
    if "LOGGING" in new:
        configured = logging.config.DictConfigurator(new["LOGGING"])
        for handler in new["LOGGING"]["handlers"].values():
            assert configured.configure_handler(dict(handler))
        assert set(new["LOGGING"]["loggers"]) == {"cors_views"}
    known = {name for name in dir(site) if name.isupper()} | {"DEBUG_TOOLBAR_PANELS"}
    ours = {name for name in new if name.startswith("CORS_")}
    assert set(new) - known - ours == set()
    middleware = reader.settings["MIDDLEWARE"]
    if "cors_views.middleware.CorsMiddleware" not in middleware:
        middleware = ["cors_views.middleware.CorsMiddleware", *middleware]
    with override_settings(
        **_laid_over(reader.settings), MIDDLEWARE=middleware, ALLOWED_HOSTS=["api.example.com"]
    ):
        found = {one.id for one in run_checks() if one.id.startswith("cors_views.")}
    # Views of the page that no route of ours reaches.
    assert found <= {"cors_views.W023"}


@of([one for one in PYTHON if "urlpatterns =" in one.code])
def test_the_routes_are_in_order(sample: Sample, reader: Reader) -> None:
    reader.run(sample)

    with override_settings(
        ROOT_URLCONF=Patterns(reader.names["urlpatterns"]),
        MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    ):
        messages = run_checks()
        # Views of the sample that its routes leave out are those of other routes.
        found = {one.id for one in messages if one.id.startswith("cors_views.")}
        assert [one for one in messages if one.level >= ERROR and "admin." not in one.id] == []
        assert found <= {"cors_views.W023"}


# --- What single samples promise ----------------------------------------------------------------


def read(page: str, patch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return everything that the blocks of a page define."""
    reader = Reader(FRESH)
    if page in PREPARED:
        PREPARED[page](reader.names, patch)
    with contextlib.ExitStack() as stack:
        for sample in samples(ROOT / page):
            if sample.language == "python":
                stack.enter_context(override_settings(**_laid_over(reader.settings)))
                reader.run(sample)
    return SimpleNamespace(settings=reader.settings, **reader.names)


@pytest.fixture
def empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


OLD, NEW = "https://rye.example", "https://new.example"


def admitted(page: SimpleNamespace) -> list[str]:
    request = RequestFactory().get("/menu/rye/", headers={"origin": NEW})
    assert page.tenant_may(None, request) == page.is_a_tenants(request, NEW)
    return [origin for origin in (OLD, NEW) if page.is_a_tenants(request, origin)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize("signal", [post_save, post_delete], ids=["saved", "deleted"])
def test_a_tenant_is_asked_about_once_and_known_as_soon_as_it_is_saved(
    monkeypatch: pytest.MonkeyPatch, signal: Any
) -> None:
    page = read("docs/tenants.rst", monkeypatch)
    assert admitted(page) == [OLD]

    monkeypatch.setattr(Tenant, "rows", ({"slug": "new", "origin": NEW},))
    assert admitted(page) == [OLD]
    signal.send(Tenant, instance=Tenant(), using="default")

    assert admitted(page) == [NEW]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize("signal", [post_save, post_delete], ids=["saved", "deleted"])
def test_a_tenant_that_is_saved_in_a_transaction_is_known_as_soon_as_that_is_committed(
    monkeypatch: pytest.MonkeyPatch, signal: Any
) -> None:
    page = read("docs/tenants.rst", monkeypatch)

    with transaction.atomic():
        signal.send(Tenant, instance=Tenant(), using="default")
        # Another request, which sees nothing of this transaction, fills the cache.
        assert admitted(page) == [OLD]
        monkeypatch.setattr(Tenant, "rows", ({"slug": "new", "origin": NEW},))

    assert admitted(page) == [NEW]


def test_the_tenant_of_a_url_admits_its_own_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    page = read("docs/tenants.rst", monkeypatch)
    with override_settings(ROOT_URLCONF=Patterns([path("menu/<slug:tenant>/", page.menu)])):
        request = RequestFactory().options("/menu/rye/")

        assert page.is_this_tenants(request, "https://rye.example")
        assert not page.is_this_tenants(request, "https://other.example")


@pytest.mark.django_db
def test_signing_in_makes_a_new_token_and_its_answer_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.contrib.auth.models import User

    page = read("docs/cookies.rst", monkeypatch)
    user = {"username": "ada", "password": "a long one"}
    User.objects.create_user(**user)
    settings = _laid_over(page.settings)
    client = Client(enforce_csrf_checks=True)
    (origin,) = settings["CSRF_TRUSTED_ORIGINS"]

    def send(method: str, token: str = "") -> Any:
        headers = {"origin": origin, "x-csrftoken": token}
        return getattr(client, method)("/session/", user, headers=headers, secure=True)

    with override_settings(
        **settings,
        ROOT_URLCONF=Patterns([path("session/", page.session)]),
        MIDDLEWARE=[
            "cors_views.middleware.CorsMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
    ):
        before = send("get").json()
        signed_in = send("post", before["csrf"])
        answers = [send("post", told["csrf"]).status_code for told in (before, signed_in.json())]

    assert (before["user"], signed_in.json()["user"]) == ("", "ada")
    assert (signed_in.headers[ORIGIN], signed_in.headers[CREDENTIALS]) == (origin, "true")
    assert answers == [403, 200]


ENVIRONMENTS = [
    one for one in PYTHON if page_name(one) == "docs/environments.rst" and one.is_settings
]


@of(ENVIRONMENTS)
def test_the_environments_name_the_same_policies(sample: Sample, reader: Reader) -> None:
    assert set(reader.run(sample)["CORS_POLICIES"]) == {"storefront", "public"}


def test_each_environment_says_whose_the_storefront_is(monkeypatch: pytest.MonkeyPatch) -> None:
    _environments({}, monkeypatch)
    reader = Reader(FRESH)
    base, development, production = (
        reader.run(sample)["CORS_POLICIES"]["storefront"] for sample in ENVIRONMENTS
    )

    assert base["origins"] == []
    assert development == CorsPolicy(origins=["http://localhost:*"], credentials=True)
    assert production["origins"] == ["https://www.example.com", "https://shop.example.com"]


@pytest.mark.parametrize("page", ["docs/environments.rst", "docs/deployment.rst"])
def test_no_environment_trusts_a_placeholder(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the variable is unset, the settings fail, and admit nobody by default."""
    *earlier, production = [one for one in PYTHON if page_name(one) == page and one.is_settings]
    PREPARED[page]({}, monkeypatch)
    reader = Reader(FRESH)
    for sample in earlier:
        reader.run(sample)
    for name in ("STOREFRONT_ORIGINS", "SHOP_STOREFRONTS"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(KeyError, match="STOREFRONT"):
        reader.run(production)


def test_the_layers_of_the_page_about_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    page = read("docs/policies.rst", monkeypatch)
    app = "https://app.example.com"
    sender = Sender("wsgi")

    def told(path: str, method: str) -> tuple[str | None, str | None]:
        headers = cors_headers(sender.preflight(path, app, method))
        return headers.get(ORIGIN), headers.get(CREDENTIALS)

    with override_settings(
        ROOT_URLCONF=Patterns(page.urlpatterns),
        CORS_POLICIES=FRESH["CORS_POLICIES"],
        MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
    ):
        for root in ("/orders/", "/v1/orders/"):
            assert told(root, "GET") == told(root, "PUT") == (app, "true")
            assert told(root, "POST") == ("*", None)
            assert told(root, "DELETE") == (None, None)
        for method in ("GET", "PUT", "POST", "DELETE"):
            assert told("/closed/", method) == (None, None)


def test_the_read_me_lists_nothing_twice() -> None:
    """What the pages say in full, the README links to: fields, settings and differences."""
    readme = (ROOT / "README.rst").read_text("utf-8")

    assert "``origin_regexes``" not in readme
    assert "``CORS_PREFLIGHT_MAX_AGE``" not in readme
    assert "* - difference" not in readme


# --- Commands ------------------------------------------------------------------------------------

#: A literal block that holds commands for a shell, not code and not output.
SHELL = [
    one
    for one in everything()
    if one.language == "console"
    or (not one.language and re.match(r"\$ |make |pip |python ", one.code))
]


def commands(sample: Sample) -> list[list[str]]:
    """Return the commands of a block as lists of words; lines without a prompt are output."""
    joined = re.sub(r"\\\n\s*", "", sample.code)
    lines = [line for line in joined.splitlines() if line.strip()]
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    found = []
    for line in lines:
        words = shlex.split(line, comments=True)
        while "&&" in words:
            found.append(words[: words.index("&&")])
            words = words[words.index("&&") + 1 :]
        found.append(words)
    return found


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))


def extras() -> set[str]:
    configured = (ROOT / "setup.cfg").read_text("utf-8")
    section = configured.partition("[options.extras_require]")[2].partition("\n[")[0]
    return set(re.findall(r"^(\w+) =", section, re.MULTILINE))


def curl_options() -> set[str]:
    said = subprocess.run(["curl", "--help", "all"], capture_output=True, text=True).stdout
    return set(re.findall(r"(?<!\S)(--?[A-Za-z][\w-]*)", said))


def judge(words: list[str]) -> str | None:
    """Return what is wrong with a command, or None."""
    program, *arguments = words
    if program == "make":
        targets = [word for word in arguments if "=" not in word]
        return None if set(targets) <= make_targets() else f"no such target: {targets}"
    if program == "pip":
        named = set(re.findall(r"\[(\w+)\]", " ".join(arguments)))
        return None if named <= extras() else f"no such extra: {named}"
    if program == "curl":
        if not shutil.which("curl"):
            return None
        options = {word for word in arguments if re.match(r"--?[A-Za-z]", word)}
        return None if options <= curl_options() else f"no such option: {options}"
    if program in ("python", "manage.py") and any("manage.py" in word for word in words):
        at = next(i for i, word in enumerate(words) if word.endswith("manage.py"))
        known = set(get_commands()) | {"runserver", "playground", "seed_shop"}
        return None if words[at + 1] in known else f"no such command: {words[at + 1]}"
    if program == "python" and arguments[0] == "-m":
        return None if find_spec(arguments[1]) else f"no such module: {arguments[1]}"
    return None if program in KNOWN else f"nobody has looked at this: {words}"


#: Programs whose arguments nobody checks here; tests run them elsewhere.
KNOWN = {".", "django-admin", "export", "gunicorn", "nginx", "uvicorn", "openssl"}


@of(SHELL)
def test_the_commands_exist(sample: Sample) -> None:
    assert [wrong for words in commands(sample) if (wrong := judge(words))] == []


@pytest.mark.parametrize("page", [page.relative_to(ROOT).as_posix() for page in PAGES])
def test_targets_and_commands_in_running_text_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    targets = set(re.findall(r"``make ([a-z][\w-]*)", text))
    named = set(re.findall(r"``manage\.py ([a-z_]+)", text))
    assert targets - make_targets() == set()
    ours = {"cors_policies", "cors_explain", "playground", "seed_shop", "runserver"}
    assert named - set(get_commands()) - ours == set()


# --- None is left out ----------------------------------------------------------------------------

SHOWN_ONLY = {
    "html": "a page of the tutorial, which the browser tests of the playground stand for",
    "javascript": "a page's half",
    "nginx": "tests/test_deployment.py runs it",
    "text": "what a program says",
    "": "what a program says",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_block_is_overlooked(page: Any) -> None:
    """As many blocks are found by docutils as the text has, of languages that something runs."""
    text = page.read_text("utf-8")
    written = re.findall(r"^ *\.\. code-block:: ?(\w*)$", text, re.MULTILINE)
    found = [one.language for one in samples(page)]

    assert sorted(written) == sorted(language for language in found if language)
    assert set(found) <= {"python", "console", *SHOWN_ONLY}


def test_nothing_is_prepared_for_a_page_that_is_gone() -> None:
    pages = {page.relative_to(ROOT).as_posix() for page in PAGES}

    assert (PREPARED.keys() | NEEDED.keys()) <= pages
