"""The page of the tutorial and the script of docs/cookies.rst do in Chromium what is said there."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project
from tests.samples import ROOT, Sample, samples

TUTORIAL = samples(ROOT / "docs" / "tutorial.rst")
COOKIES = samples(ROOT / "docs" / "cookies.rst")
VIEW, URLS, SETTINGS, DECLARED, *_ = (one for one in TUTORIAL if one.language == "python")
(PAGE,) = (one for one in TUTORIAL if one.language == "html")


@dataclasses.dataclass
class Pages:
    """A folder that is served, as ``python -m http.server`` serves it."""

    folder: Path
    port: int

    def write(self, html: str, host: str = "127.0.0.1") -> str:
        """Write a page, and return its URL: a new one, since the browser keeps what it has seen."""
        name = f"{len(list(self.folder.iterdir()))}.html"
        (self.folder / name).write_text(html)
        return f"http://{host}:{self.port}/{name}"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    folder = tmp_path / "page"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Pages(folder, server.server_port)
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, sys.executable, "bakery")


def put(sample: Sample, replaced: dict[str, str]) -> Sample:
    """Return a block with this machine's ports and origins; each that is replaced is there."""
    code = sample.code
    for written, here in replaced.items():
        assert written in code
        code = code.replace(written, here)
    return dataclasses.replace(sample, code=code)


def shown(driver: Any, url: str) -> str:
    """Return what a page shows as soon as it shows anything."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.get(url)
    element = driver.find_element("id", "shown")
    with contextlib.suppress(Exception):
        WebDriverWait(driver, 20).until(lambda _: element.text)
    return str(element.text)


def test_the_page_of_the_tutorial(project: Project, pages: Pages, driver: Any) -> None:
    for step in (VIEW, URLS, SETTINGS):
        project.write(step)
    with project.served() as server:
        url = pages.write(put(PAGE, {"127.0.0.1:8000": f"127.0.0.1:{server.port}"}).code)
        assert "Failed to fetch" in shown(driver, url)
        assert "The browser refuses GET '/loaves/'" in server.log.read_text()

    project.write(put(DECLARED, {"127.0.0.1:8001": f"127.0.0.1:{pages.port}"}))
    with project.served() as server:
        url = pages.write(put(PAGE, {"127.0.0.1:8000": f"127.0.0.1:{server.port}"}).code)
        assert shown(driver, url) == '{"rye": 4, "spelt": 2}'


#: What docs/cookies.rst leaves to its readers.
REST = """
import json

@cors_allow("storefront")
def orders(request):
    return JsonResponse(json.loads(request.body))
"""
ROUTES = """
from bakery import views
from django.urls import path

urlpatterns = [path("session/", views.session), path("orders/", views.orders)]
"""
SCRIPT = """<!doctype html><pre id="shown"></pre><script type="module">
const show = (text) => { document.getElementById("shown").textContent = text; };
const plain = window.fetch;
const answers = [];
window.fetch = async (...call) => {
  const answer = await plain(...call);
  answers.push(`${answer.status} ${await answer.clone().text()}`);
  return answer;
};
const api = "API", username = "ada", password = "a long one";
try {
SAMPLE
  show(`${JSON.parse(answers[1].slice(4)).user}: ${answers[2]}`);
} catch (error) { show(`${error} ${answers}`); }
</script>"""


def test_the_script_of_the_page_about_cookies(project: Project, pages: Pages, driver: Any) -> None:
    """The page is at another site than the API: localhost is one, 127.0.0.1 another."""
    origin = f"http://localhost:{pages.port}"
    settings = next(one for one in COOKIES if one.is_settings)
    view = next(one for one in COOKIES if "def session(" in one.code)
    (script,) = (one for one in COOKIES if one.language == "javascript")
    project.write(SETTINGS)
    project.write(put(settings, {"https://www.example.org": origin}))
    (project.folder / "bakery" / "views.py").write_text(view.code + REST)
    (project.folder / "bakery" / "urls.py").write_text(ROUTES)

    project.run("manage.py", "migrate")
    user = "User.objects.create_user('ada', password='a long one')"
    project.run("manage.py", "shell", "-c", f"from django.contrib.auth.models import User; {user}")
    with project.served() as server:
        page = SCRIPT.replace("API", f"http://127.0.0.1:{server.port}")
        said = shown(driver, pages.write(page.replace("SAMPLE", script.code), "localhost"))

    assert said == 'ada: 200 {"product": "mug"}'
