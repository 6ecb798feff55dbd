"""Run the tests apart from the checkout: ``python -m tests.apart FOLDER [what pytest takes]``.

The package lies beside the tests, so a run in the checkout imports it from there, whatever is
installed. This one copies everything else to another folder and sees that the copy tests what pip
has installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = (
    ".ci",
    ".pre-commit-config.yaml",
    "CHANGELOG.rst",
    "CONTRIBUTING.rst",
    "LICENSE",
    "Makefile",
    "README.rst",
    "SECURITY.rst",
    "benchmarks",
    "docs",
    "pyproject.toml",
    "requirements",
    "sample_project",
    "setup.cfg",
    "tests",
)


def copy(folder: Path) -> None:
    """Copy everything but the package, without what earlier runs left behind."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    left_behind = shutil.ignore_patterns("__pycache__", "*.sqlite3", "_build")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=left_behind)
        else:
            shutil.copy(source, folder / name)


def main() -> int:
    folder = Path(sys.argv[1])
    copy(folder)
    where = "import pathlib, cors_views; print(pathlib.Path(cors_views.__file__).parent)"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    if Path(found).is_relative_to(ROOT) and "site-packages" not in found:
        sys.exit(f"cors_views comes from {found}, not from an installed wheel.")
    print(f"Testing {found}")
    return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[2:]], cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
