"""Places as people see them: the same on every machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cors_views.support.source_places import Place

# folders of sys.path, file -> what is shown
FILES = {
    "below the project": (["/srv/shop"], "/srv/shop/orders/views.py", "orders/views.py"),
    "a package": (
        ["/srv/shop", "/usr/lib/python3/site-packages"],
        "/usr/lib/python3/site-packages/knox/views.py",
        "knox/views.py",
    ),
    "the inner of two folders": (
        ["/srv/shop", "/srv/shop/apps"],
        "/srv/shop/apps/orders/views.py",
        "orders/views.py",
    ),
    "the same, in the other order": (
        ["/srv/shop/apps", "/srv/shop"],
        "/srv/shop/apps/orders/views.py",
        "orders/views.py",
    ),
    "a folder with a like name": (["/srv/sho"], "/srv/shop/views.py", "…/views.py"),
    "the root": (["/"], "/srv/shop/views.py", "…/views.py"),
    "nowhere": ([], "/srv/shop/views.py", "…/views.py"),
    "no file": (["/srv"], "<console>", "<console>"),
    "a module": (["/srv"], "shop.views", "shop.views"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_file_of_a_place(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folders, file, shown = FILES[name]
    monkeypatch.setattr(sys, "path", folders)

    assert Place(file, 7).module_file == shown


def test_the_current_folder_stands_for_an_empty_entry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [""])

    assert Place(str(tmp_path / "shop" / "views.py"), 7).module_file == "shop/views.py"
