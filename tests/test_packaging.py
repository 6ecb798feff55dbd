"""What is published: sdist, wheel and metadata, and the README's quickstart from the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

import cors_views
from tests.project import Project
from tests.samples import ROOT, samples

pytest.importorskip("build", reason="build makes the sdist and the wheel")
pytest.importorskip("twine", reason="twine judges them")

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="what is published is built from a checkout"
)
PACKAGE = ROOT / "cors_views"


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _known_to_git() -> list[str]:
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard").split("\n")
    return [name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both from a clean copy of what git knows; nothing is fetched for it."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    for name in _known_to_git():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"django_cors_views-{cors_views.__version__}.dist-info/"

    ours = {name for name in names if not name.startswith(info)}
    assert ours == {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "cors_views/py.typed" in ours
    assert f"{info}licenses/LICENSE" in names


def test_the_sdist_holds_the_repository(built: Path) -> None:
    """So whoever has it can run the tests and build the pages."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {one.name.partition("/")[2] for one in archive.getmembers() if one.isfile()}

    made = {name for name in names if name == "PKG-INFO" or ".egg-info/" in name}
    hidden = {name for name in _known_to_git() if name.startswith(".")}
    assert names - made == set(_known_to_git()) - hidden


def test_that_a_registry_accepts_and_renders_it(built: Path) -> None:
    said = run(
        sys.executable, "-m", "twine", "check", "--strict", *map(str, built.glob("*.[wt]*[lz]"))
    )

    assert said.count("PASSED") == 2


def test_the_metadata(metadata: Message) -> None:
    required = [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]

    assert metadata["Name"] == "django-cors-views"
    assert metadata["Version"] == cors_views.__version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert sorted(re.split(r"[<>=]", one)[0] for one in required) == ["Django", "asgiref"]
    assert metadata["Description-Content-Type"] == "text/x-rst"


def test_the_extras_are_for_users_alone(metadata: Message) -> None:
    """What contributors need is nothing that a wheel offers."""
    offered = [
        (extra, re.split(r"[<>=]", one)[0])
        for one in metadata.get_all("Requires-Dist", [])
        for extra in re.findall(r"extra == ['\"](\w+)['\"]", one)
    ]

    assert metadata.get_all("Provides-Extra") == ["drf", "psl", "toolbar"]
    assert sorted(offered) == [
        ("drf", "djangorestframework"),
        ("psl", "publicsuffixlist"),
        ("toolbar", "django-debug-toolbar"),
    ]


def test_the_description_is_the_readme_without_what_only_works_beside_it(
    metadata: Message,
) -> None:
    shown = publish_doctree(metadata.get_payload(), settings_overrides={"report_level": 5})
    targets = [
        node.get("refuri") or node.get("uri", "")
        for node in shown.findall(lambda node: isinstance(node, (nodes.reference, nodes.image)))
    ]

    # Without a host, a registry's page has nothing at the other end.
    assert [target for target in targets if ":" not in target] == []
    text = shown.astext()
    for part in ("a policy per view", "Try it", "django-cors-headers", "Changes, contributing"):
        assert part in text


def test_the_classifiers_are_those_of_the_matrix_and_of_the_readme(metadata: Message) -> None:
    """What is claimed is what tox runs, and the README's last line says the same."""
    classifiers = metadata.get_all("Classifier", [])
    configured = (ROOT / "setup.cfg").read_text("utf-8")
    readme = (ROOT / "README.rst").read_text("utf-8")

    pythons = [one.rpartition(" ")[2] for one in classifiers if re.search(r":: 3\.\d+$", one)]
    djangos = [one.rpartition(" ")[2] for one in classifiers if ":: Django :: " in one]
    ran = re.findall(r"^    py\{([\d,]+)\}-django\{?([\d,]+)\}?", configured, re.MULTILINE)
    assert {one.replace(".", "") for one in pythons} == {
        name for names, _ in ran for name in names.split(",")
    }
    assert {one.replace(".", "") for one in djangos} == {
        name for _, names in ran for name in names.split(",")
    }
    assert f"Python {pythons[0]} to {pythons[-1]}" in readme
    assert f"Django {', '.join(djangos[:-1])} and {djangos[-1]}" in readme
    assert "Typing :: Typed" in classifiers


def test_the_version_stands_in_one_place() -> None:
    written = [
        path
        for path in (*ROOT.glob("*.cfg"), *ROOT.glob("*.toml"), *ROOT.glob("docs/*.py"))
        if cors_views.__version__ in path.read_text("utf-8")
    ]

    assert written == []


@pytest.fixture(scope="module")
def empty_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the interpreter of an environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "NewConnectionError" in done.stderr or "ConnectTimeoutError" in done.stderr:
        pytest.skip("there is no network to install Django from")
    assert done.returncode == 0, done.stderr
    return python


def test_the_quickstart_in_an_empty_environment(empty_environment: str, tmp_path: Path) -> None:
    project = Project(tmp_path, empty_environment, "mysite")
    for sample in samples(ROOT / "README.rst"):
        if sample.file:
            project.write(sample)

    assert "no issues" in project.run("manage.py", "check").stdout
    with project.served() as server:
        admitted = server.ask("GET", "/stock/", "https://partner.example")[1]
        refused = server.ask("GET", "/stock/", "https://other.example")[1]
    assert admitted["access-control-allow-origin"] == "https://partner.example"
    assert admitted["vary"] == refused["vary"] == "origin"
    assert "access-control-allow-origin" not in refused


def test_the_environment_was_empty(empty_environment: str) -> None:
    """What the quickstart ran on is the package, Django and asgiref, and what these need."""
    listed = run(empty_environment, "-m", "pip", "list", "--format=freeze").lower()
    names = {line.partition("==")[0] for line in listed.split()}

    allowed = {"django", "asgiref", "sqlparse", "typing_extensions", "tzdata", "pip", "setuptools"}
    assert names - allowed == {"django-cors-views"}
