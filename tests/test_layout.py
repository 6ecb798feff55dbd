"""Which module may import and read what: the borders that keep the core pure, read from source.

Importing any module runs ``cors_views/__init__.py``, so ``sys.modules`` could not tell who asked.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cors_views

PACKAGE = Path(cors_views.__file__).parent

#: The pure core, which knows the standard library, itself, and one exception of Django's. The
#: directions of imports are held by import-linter, see setup.cfg.
PURE = (
    "standard.",
    "regexes.",
    "policies.",
    "protocol.actual_answers",
    "protocol.admission",
    "protocol.effective_policies",
    "protocol.preflight_answers",
    "protocol.questions",
    "protocol.reasons",
    "browsing.",
    "support.source_places",
    "support.close_matches",
    "support.escaping",
)
REQUEST_MACHINERY = {"django.http", "django.urls", "django.test"}
USES_REQUESTS = (
    "inspection.hidden_routes",
    "inspection.hosts",
    "inspection.url_shapes",
    "management.",
    "middleware",
    "panels",
    "protocol.asgi_scopes",
    "protocol.consulting",
    "protocol.same_origin",
    "pytest_plugin",
    "resolution.",
    "responses.",
    "testing.",
    "urls",
)
READS_SETTINGS = ("conf.compiled_settings", "conf.named_policies", "checks.")
#: Who else reads a setting, and which: none of them is a ``CORS_*``.
READS_OTHER_SETTINGS = {
    "declarations.declaring": {"configured"},
    # Only to see when other settings take over.
    "conf.settings_cache": {"__dict__"},
    "conf.installed_middleware": {"APPEND_SLASH", "MIDDLEWARE"},
    "asgi": {"DEBUG"},
    "responses.headers_and_vary": {"DEBUG"},
    "responses.refusal_log": {"LOGIN_URL"},
    "management.login_redirects": {"LOGIN_URL", "MIDDLEWARE"},
    "management.explaining.visitor_cookies": {
        "CSRF_COOKIE_SAMESITE",
        "CSRF_COOKIE_SECURE",
        "CSRF_HEADER_NAME",
        "CSRF_USE_SESSIONS",
        "SESSION_COOKIE_SAMESITE",
        "SESSION_COOKIE_SECURE",
    },
    "management.site_requests": {
        "FORCE_SCRIPT_NAME",
        "ROOT_URLCONF",
        "SECURE_SSL_REDIRECT",
        "STATIC_URL",
    },
    # Where a setting is written, whichever it is.
    "management.comparing.setting_places": {"SETTINGS_MODULE"},
    "resolution.pattern_paths": {
        "LANGUAGES",
        "LANGUAGE_CODE",
        "ROOT_URLCONF",
        "USE_I18N",
    },
    "inspection.hosts": {
        # The cookies, by the names of their settings in a table.
        "?",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "CSRF_USE_SESSIONS",
        "DEBUG",
        "MIDDLEWARE",
    },
    "inspection.url_shapes": {"LANGUAGES", "LANGUAGE_CODE"},
    "testing.browsers": {"SESSION_COOKIE_NAME", "SESSION_COOKIE_SAMESITE"},
}


def sources() -> dict[str, ast.Module]:
    """Return the syntax tree of every module, by its name within the package."""
    return {
        ".".join(file.relative_to(PACKAGE).with_suffix("").parts): ast.parse(
            file.read_text("utf-8")
        )
        for file in sorted(PACKAGE.rglob("*.py"))
    }


SOURCES = sources()


def each_module_but(*exempt: str) -> pytest.MarkDecorator:
    """Run a test for each module whose name starts with none of these."""
    names = [module for module in SOURCES if not (exempt and module.startswith(exempt))]
    return pytest.mark.parametrize("module", names)


def aliases(module: str) -> set[tuple[str, str | None]]:
    """Return the full name of everything that a module imports, and what it calls it instead."""
    found: set[tuple[str, str | None]] = set()
    for node in ast.walk(SOURCES[module]):
        if isinstance(node, ast.Import):
            found |= {(alias.name, alias.asname) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} has a relative import, which is not followed here"
            found |= {(f"{node.module}.{alias.name}", alias.asname) for alias in node.names}
    return found


def imports(module: str) -> set[str]:
    """Return the full name of everything that a module imports, in its functions too."""
    return {name for name, _ in aliases(module)}


def others(module: str, *tops: str) -> set[str]:
    """Return the imports from below one of these packages."""
    return {name for name in imports(module) if name.partition(".")[0] in tops}


def texts(module: str) -> list[str]:
    """Return the strings that a module writes, its documentation left aside."""
    nodes = list(ast.walk(SOURCES[module]))
    documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    ]


def settings_read(module: str) -> set[str]:
    """Return what a module reads of Django's settings; ``?`` for what cannot be seen here."""
    tree = SOURCES[module]
    # Every other mention of the name is judged by what is done with it.
    seen: set[int] = set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_settings(node.value):
            seen.add(id(node.value))
            found.add(node.attr)
        elif isinstance(node, ast.Call) and len(node.args) > 1 and _is_settings(node.args[0]):
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                seen.add(id(node.args[0]))
                found.add(name.value)
    if any(_is_settings(node) and id(node) not in seen for node in ast.walk(tree)):
        found.add("?")
    return found


def _is_settings(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "settings"


def test_that_the_sources_were_found() -> None:
    # An empty package would keep every rule below.
    for prefix in (*PURE, *USES_REQUESTS, *READS_SETTINGS, *READS_OTHER_SETTINGS):
        assert any(module.startswith(prefix) for module in SOURCES), prefix


@pytest.mark.parametrize("module", [name for name in SOURCES if name.startswith(PURE)])
def test_that_the_core_imports_the_standard_library_and_itself_alone(module: str) -> None:
    foreign = {
        name
        for name in imports(module)
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "cors_views"}
    }

    # The second for type checkers alone, which know it: nothing imports it while running.
    assert foreign <= {
        "django.core.exceptions.ImproperlyConfigured",
        "typing_extensions.Unpack",
    }


@each_module_but(*USES_REQUESTS)
def test_that_few_modules_know_requests(module: str) -> None:
    used = {name for name in imports(module) if ".".join(name.split(".")[:2]) in REQUEST_MACHINERY}

    assert used == set()


@each_module_but(*READS_SETTINGS)
def test_that_few_modules_read_settings(module: str) -> None:
    assert settings_read(module) <= READS_OTHER_SETTINGS.get(module, set())


@each_module_but()
def test_that_nobody_takes_settings_by_another_name(module: str) -> None:
    # Otherwise the test above would not see what is read.
    taken = {
        (name.partition("django.conf")[2], alias)
        for name, alias in aliases(module)
        if name.startswith("django.conf")
    }

    assert taken <= {(".settings", None), (".urls.i18n.is_language_prefix_patterns_used", None)}


@each_module_but("rest_framework")
def test_that_only_one_module_knows_django_rest_framework(module: str) -> None:
    assert others(module, "rest_framework") == set()


@each_module_but("pytest_plugin")
def test_that_only_the_plugin_knows_pytest(module: str) -> None:
    assert others(module, "pytest", "_pytest") == set()


@each_module_but()
def test_that_nothing_needs_django_cors_headers(module: str) -> None:
    assert others(module, "corsheaders") == set()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import cors_views", id="imported"),
        pytest.param("import cors_views.browsing", id="the-browsers-engine"),
        pytest.param(
            "from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include\n"
            "from cors_views.defaults import default_headers, default_methods\n"
            "CORS_POLICIES = {'x': CorsPolicy(origins=['https://a.example'])}\n"
            "cors_allow('x')(cors_allow(cors_deny(lambda request: None)))",
            id="used-as-a-settings-file-may",
        ),
    ],
)
def test_that_the_package_needs_no_settings(code: str) -> None:
    ending = (
        "\nimport sys; from django.conf import settings\n"
        "print(settings.configured, *(name for name in sys.modules if name.startswith(("
        "'rest_framework', 'django.contrib', 'pytest', 'corsheaders'))))"
    )
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }

    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + ending],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE.parent,
        env=environment,
    )

    assert (run.stdout, run.stderr) == ("False\n", "")


@each_module_but()
def test_that_no_message_names_a_file_that_users_do_not_have(module: str) -> None:
    """The wheel holds no documentation, so a message has to say the cause itself."""
    said = texts(module)

    assert [text for text in said if ".rst" in text.replace(".rstrip", "") or "docs/" in text] == []


#: How a pattern of origins writes its labels and its port.
NOTATION = ("*.", "://*", ":*")
#: Who writes it: the module that knows it, and the one that reads what people write instead.
KNOWS_THE_NOTATION = ("policies.patterns", "policies.spelling_hints")


@each_module_but(*KNOWS_THE_NOTATION)
def test_that_nobody_else_knows_the_notation_of_patterns(module: str) -> None:
    written = {text for text in texts(module) if any(sign in text for sign in NOTATION)}

    assert written == set()


TESTS = Path(__file__).parent
#: The packages whose tests are laid out as they are, each ``x.py`` beside a ``test_x.py``.
MIRRORED = (
    "checks",
    "conf",
    "declarations",
    "inspection",
    "policies",
    "protocol",
    "regexes",
    "resolution",
    "responses",
    "standard",
    "support",
)
#: Whose tests stand elsewhere, where, and why.
TESTED_ELSEWHERE = {
    "conf.named_policies": (
        "conf/test_compiled_settings.py",
        "a policy with a name is read as the other settings are",
    ),
    "declarations.attributes": ("test_rest_framework.py", "CorsMixin is what people write"),
    "declarations.declaring": ("test_decorators.py", "it is the body of the decorators"),
    "declarations.included": ("test_urls.py", "it is what cors_include leaves in the URLconf"),
    "inspection.held_callables": (
        "checks/test_lost_declarations.py",
        "what a view holds is what its route may lose",
    ),
    "inspection.policies_in_use": (
        "checks/test_route_policies.py",
        "the checks and cors_policies say what it finds",
    ),
    "policies.enforced_anywhere": (
        "responses/test_enforcement.py",
        "it decides which requests are looked at, and only requests show it",
    ),
    "policies.contradictions": (
        "policies/test_policy.py",
        "a policy that contradicts itself is never made",
    ),
    "protocol.admission": (
        "protocol/test_actual_answers.py",
        "who is asked before a policy admits an origin shows in what is answered",
    ),
    "protocol.asgi_scopes": ("test_asgi.py", "applications within CorsASGI show what arrives"),
    "protocol.effective_policies": (
        "resolution/test_layer_order.py",
        "what the layers of a view make together shows in its answers",
    ),
    "protocol.questions": (
        "protocol/test_actual_answers.py",
        "who is asked before a policy admits an origin shows in what is answered",
    ),
    "protocol.same_origin": (
        "responses/test_enforcement.py",
        "what the site asks itself is never refused",
    ),
    "regexes.automata": (
        "inspection/test_url_shapes.py",
        "what it says of an expression is held there to real URLs",
    ),
    "regexes.positions": (
        "regexes/test_repetitions.py",
        "it holds what the search for endless repetitions goes over",
    ),
    "responses.asgi_responses": ("test_asgi.py", "applications within CorsASGI show what leaves"),
    "resolution.combining_layers": (
        "resolution/test_layer_order.py",
        "how layers combine is what the nearest policy says",
    ),
    "resolution.inherited_marks": (
        "resolution/test_layer_order.py",
        "which class a mark belongs to is which of several policies is nearest",
    ),
    "resolution.lookup": (
        "resolution/test_layer_order.py",
        "which policy it finds for a request is what the order of layers says",
    ),
}


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in SOURCES
        if name.partition(".")[0] in MIRRORED and not name.endswith("__init__")
    ],
)
def test_that_each_module_has_its_tests_where_its_reader_looks(module: str) -> None:
    package, _, name = module.rpartition(".")
    own = TESTS / package.replace(".", "/") / f"test_{name}.py"
    elsewhere, _ = TESTED_ELSEWHERE.get(module, ("", ""))

    # An exception that is none any more has to go.
    assert own.exists() is not (module in TESTED_ELSEWHERE), own
    assert (TESTS / elsewhere).exists()


def test_that_the_exceptions_are_modules() -> None:
    assert TESTED_ELSEWHERE.keys() <= SOURCES.keys()


#: What says where things are in the package, and where the table that does so ends.
GUIDES = {"CONTRIBUTING.rst": "A change of behaviour", "docs/design.rst": "A mark on the view"}


@pytest.mark.parametrize(("guide", "end"), GUIDES.items())
def test_that_each_module_that_a_guide_names_is_there(guide: str, end: str) -> None:
    """A row may name one module with its folder, and others "beside it" by their names alone."""
    text, found, _ = (TESTS.parent / guide).read_text("utf-8").partition(end)
    assert found
    missing, folder = [], ""
    for name in re.findall(r"``([a-z_/]+\.py)``", text):
        if "/" in name:
            folder = name.rpartition("/")[0]
        if not any((PACKAGE / each).exists() for each in (name, f"{folder}/{name}")):
            missing.append(name)

    assert missing == []
    assert folder
