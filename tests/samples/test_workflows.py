"""The workflow for GitHub Actions in docs/reviews.rst: its commands run in a repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.samples import ROOT, samples

yaml: Any = pytest.importorskip("yaml", reason="a workflow is YAML")

PAGE = samples(ROOT / "docs" / "reviews.rst")
(WORKFLOW,) = (one for one in PAGE if one.language == "yaml")
(JOB,) = yaml.safe_load(WORKFLOW.code)["jobs"].values()
STEPS = [step for step in JOB["steps"] if "run" in step]
(COMMITTED,) = (one.code.removeprefix("$ ") for one in PAGE if one.code.endswith("> cors.json"))

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
SECRET_KEY = "tests"
INSTALLED_APPS = ["cors_views"]
MIDDLEWARE = ["cors_views.middleware.CorsMiddleware"]
ROOT_URLCONF = "shop.urls"
"""
URLS = """\
from django.http import HttpResponse
from django.urls import path
from cors_views import cors_allow

@cors_allow(
    origins=["https://app.example.com"],
)
def orders(request):
    return HttpResponse()

urlpatterns = [path("orders/", orders)]
"""
APP = '"https://app.example.com"'
OPENED = URLS.replace(APP, f'{APP}, "https://partner.example.com"')
NARROWED = URLS.replace(APP, "")
DECLARED_AT = "file=shop/urls.py,line=5"


class Run(NamedTuple):
    """What a run leaves: the status of each step that ran, what it printed, and the summary."""

    statuses: list[int]
    printed: str
    summary: str


class Repository:
    """A site in a clone of its repository, whose branch ``main`` has ``cors.json``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clone = folder / "clone"
        self.summary = folder / "summary.md"
        commands = folder / "bin"
        for made in (commands, self.clone / "shop"):
            made.mkdir(parents=True)
        # What the site needs is installed; a link to this Python would not find it.
        for name, line in (("pip", ""), ("python", f'exec {sys.executable} "$@"')):
            (command := commands / name).write_text(f"#!/bin/sh\n{line}\n")
            command.chmod(0o755)
        self.env = {
            **{key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
            "PATH": f"{commands}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "somebody" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "s@example.com" for who in ("AUTHOR", "COMMITTER")},
            "GITHUB_WORKSPACE": str(self.clone),
            "GITHUB_BASE_REF": "main",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(folder),
        }
        (self.clone / "manage.py").write_text(MANAGE)
        (self.clone / "shop" / "settings.py").write_text(SETTINGS)
        self.write(URLS)
        for script in (
            "git init --quiet --initial-branch=main",
            COMMITTED,
            "git add . && git commit --quiet --message=main",
            f"git clone --quiet --bare . {folder / 'origin.git'}",
            f"git remote add origin {folder / 'origin.git'}",
            "git switch --quiet --create=branch",
        ):
            done = self.bash(script)
            assert done.returncode == 0, done.stderr

    def write(self, urls: str) -> None:
        (self.clone / "shop" / "urls.py").write_text(urls)

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as GitHub does."""
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.clone,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def run(self) -> Run:
        statuses: list[int] = []
        printed = ""
        for step in STEPS:
            if any(statuses) and step.get("if") != "always()":
                continue
            done = self.bash(step["run"])
            statuses.append(done.returncode)
            printed += done.stdout + done.stderr
        return Run(statuses, printed, self.summary.read_text())


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def accepted(repository: Repository) -> None:
    assert repository.bash(COMMITTED).returncode == 0


def nothing(repository: Repository) -> None:
    """Leave the file as it is."""


PARTNER = "https://partner.example.com"


@pytest.mark.parametrize(
    ("urls", "then", "statuses", "annotation", "summary"),
    [
        pytest.param(URLS, nothing, [0, 0, 0], "", "Nobody gains", id="no change"),
        pytest.param(
            OPENED, nothing, [0, 1, 0], f"::warning {DECLARED_AT}", PARTNER, id="somebody gains"
        ),
        pytest.param(OPENED, accepted, [0, 0, 0], "", PARTNER, id="somebody gains, as is meant"),
        pytest.param(
            NARROWED,
            nothing,
            [0, 0, 0],
            f"::notice {DECLARED_AT}",
            "https://app.example.com",
            id="somebody loses",
        ),
    ],
)
def test_the_workflow_says_what_a_pull_request_changes(
    repository: Repository,
    urls: str,
    then: Callable[[Repository], None],
    statuses: list[int],
    annotation: str,
    summary: str,
) -> None:
    repository.write(urls)
    then(repository)

    run = repository.run()

    assert run.statuses == statuses, run.printed
    assert annotation in run.printed
    assert ("::" in run.printed) is bool(annotation)
    assert summary in run.summary


def test_the_workflow_may_read_the_repository_and_no_more() -> None:
    workflow = yaml.safe_load(WORKFLOW.code)

    assert workflow["permissions"] == {"contents": "read"}
    # YAML 1.1 reads "on" as true.
    assert workflow[True] == "pull_request"
    assert all("uses" in step or "run" in step for step in JOB["steps"])
