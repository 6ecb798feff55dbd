"""Every public name of django-cors-headers 4.9 is found where its first word is changed."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

import corsheaders
import pytest
from corsheaders.conf import conf as their_conf
from django.apps import AppConfig, apps
from django.dispatch import Signal
from django.test.utils import override_settings

from cors_views import conf
from cors_views.apps import CorsViewsConfig
from cors_views.checks import check_settings, is_sequence


def names_of(module: Path) -> set[str]:
    """Return what a module defines itself, and does not only import."""
    found: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
    return {name for name in found if not name.startswith("_")}


THEIRS = sorted(
    (module.stem, name)
    for module in Path(corsheaders.__file__).parent.glob("[a-z]*.py")
    for name in names_of(module)
)
#: What is compared by what it says; the rest are objects of the package.
CONSTANTS = (str, tuple, type(None))


def test_that_their_names_were_found() -> None:
    # Of no names, every one is there.
    assert {("middleware", "ACCESS_CONTROL_ALLOW_ORIGIN"), ("signals", "check_request_enabled")} < {
        *THEIRS
    }


@pytest.mark.parametrize(("module", "name"), THEIRS, ids=".".join)
def test_that_a_name_is_where_it_was(module: str, name: str) -> None:
    theirs = getattr(import_module(f"corsheaders.{module}"), name)

    ours = getattr(import_module(f"cors_views.{module}"), name)

    assert callable(ours) is callable(theirs)
    assert isinstance(ours, Signal) is isinstance(theirs, Signal)
    if isinstance(theirs, CONSTANTS):
        assert ours == theirs


# Each of their settings: one that is set, and under which name.
SET: dict[str, tuple[str, Any]] = {
    "CORS_ALLOW_HEADERS": ("CORS_ALLOW_HEADERS", ["x-one"]),
    "CORS_ALLOW_METHODS": ("CORS_ALLOW_METHODS", ["GET"]),
    "CORS_ALLOW_CREDENTIALS": ("CORS_ALLOW_CREDENTIALS", True),
    "CORS_ALLOW_PRIVATE_NETWORK": ("CORS_ALLOW_PRIVATE_NETWORK", True),
    "CORS_PREFLIGHT_MAX_AGE": ("CORS_PREFLIGHT_MAX_AGE", 5),
    "CORS_ALLOW_ALL_ORIGINS": ("CORS_ORIGIN_ALLOW_ALL", True),
    "CORS_ALLOWED_ORIGINS": ("CORS_ORIGIN_WHITELIST", ["https://a.example"]),
    "CORS_ALLOWED_ORIGIN_REGEXES": ("CORS_ORIGIN_REGEX_WHITELIST", ["a"]),
    "CORS_EXPOSE_HEADERS": ("CORS_EXPOSE_HEADERS", ["x-one"]),
    "CORS_URLS_REGEX": ("CORS_URLS_REGEX", "^/api/"),
}


def test_that_all_their_settings_are_compared() -> None:
    assert {name for name in dir(type(their_conf)) if name.isupper()} == set(SET)


@pytest.mark.parametrize("name", SET)
def test_that_conf_reads_as_theirs(name: str) -> None:
    setting, value = SET[name]

    assert getattr(conf.conf, name) == getattr(their_conf, name)
    with override_settings(**{setting: value}):
        assert getattr(conf.conf, name) == getattr(their_conf, name) == value


def test_that_conf_knows_no_other_name() -> None:
    with pytest.raises(AttributeError, match="'CORS_MODEL' is not a setting"):
        _ = conf.conf.CORS_MODEL


def test_that_the_checks_can_be_called_as_theirs() -> None:
    with override_settings(CORS_ALLOW_METHODS=5):
        assert [message.id for message in check_settings(app_configs=None)] == ["cors_views.E002"]
    assert is_sequence(["a"], str)
    assert not is_sequence(["a", 1], str)
    assert not is_sequence({"a"}, str)


@pytest.mark.parametrize(
    "entry",
    ["cors_views", "cors_views.apps.CorsViewsConfig", "cors_views.apps.CorsHeadersAppConfig"],
)
def test_every_entry_of_installed_apps_finds_the_one_configuration(entry: str) -> None:
    assert type(AppConfig.create(entry)) is CorsViewsConfig
    with override_settings(INSTALLED_APPS=[entry]):
        assert apps.is_installed("cors_views")


def test_that_a_configuration_that_is_none_is_an_error_as_ever() -> None:
    with pytest.raises(ImportError, match="does not contain a 'CorsAppConfig' class"):
        AppConfig.create("cors_views.apps.CorsAppConfig")
