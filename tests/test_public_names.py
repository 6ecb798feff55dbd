"""What ``cors_views`` offers is imported when it is asked for, and then as any other name."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from typing import Any

import pytest

import cors_views
from cors_views import cached_origins, decorators, urls
from cors_views.policies import policy
from cors_views.responses import outcome

NAMES = {
    "CachedOrigins": cached_origins.CachedOrigins,
    "CorsPolicy": policy.CorsPolicy,
    "Outcome": outcome.Outcome,
    "cors_allow": decorators.cors_allow,
    "cors_deny": decorators.cors_deny,
    "cors_include": urls.cors_include,
    "outcome_of": outcome.outcome_of,
}


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_that_all_public_names_are_these() -> None:
    assert set(cors_views.__all__) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_that_a_name_is_what_its_module_defines(name: str) -> None:
    assert getattr(cors_views, name) is NAMES[name]
    assert name in dir(cors_views)


# name -> (code for a fresh process, what it prints)
CODE = {
    "from": ("from cors_views import cors_allow as it; print(it.__name__)", "cors_allow"),
    "import": ("import cors_views; print(cors_views.CorsPolicy.__name__)", "CorsPolicy"),
    "star": ("from cors_views import *; print(cors_include.__name__)", "cors_include"),
    "the version": ("import cors_views; print(cors_views.__version__)", cors_views.__version__),
    "names before they are asked for": (
        "import cors_views; print('cors_deny' in dir(cors_views))",
        "True",
    ),
    "a submodule by its own name": (
        "import cors_views.urls; print(cors_views.urls.cors_include.__name__)",
        "cors_include",
    ),
    "nothing is imported at first": (
        "import sys, cors_views; print('django' in sys.modules)",
        "False",
    ),
    "a settings file": (
        (
            "from cors_views import CorsPolicy; CORS_POLICIES = {'x': CorsPolicy(origins=[])};"
            "import django.conf; print(django.conf.settings.configured)"
        ),
        "False",
    ),
}


@pytest.mark.parametrize("name", CODE)
def test_how_names_are_imported(name: str) -> None:
    code, printed = CODE[name]

    assert in_a_fresh_process(code) == printed


@pytest.mark.parametrize("name", ["cors_permit", "_private", "decorator"])
def test_that_a_name_that_is_none_is_an_error_as_ever(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'cors_views' has no attribute '{name}'"):
        getattr(cors_views, name)


PICKLED: dict[str, Any] = {
    "a policy": cors_views.CorsPolicy(origins=["https://app.example"], max_age=5),
    "a decorator": cors_views.cors_deny,
}


@pytest.mark.parametrize("name", PICKLED)
def test_that_they_can_be_pickled(name: str) -> None:
    assert pickle.loads(pickle.dumps(PICKLED[name])) == PICKLED[name]


@pytest.mark.parametrize("name", ["policy.Origins", "policy.Fields", "reasons.Reason"])
def test_that_names_for_annotations_and_reasons_stay_where_they_were(name: str) -> None:
    module, _, attribute = name.partition(".")
    forwarding = importlib.import_module(f"cors_views.{module}")

    assert attribute in forwarding.__all__
    assert getattr(forwarding, attribute)
