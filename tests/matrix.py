"""Run tox with every interpreter of this machine: ``python -m tests.matrix [what tox takes]``.

tox looks along ``PATH``. Where pyenv keeps the interpreters, the commands that stand there are
shims, which only run the releases that somebody selected; so their folders are added.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def supported() -> list[str]:
    """Return the Python releases that the classifiers name, such as ``3.10``."""
    classifiers = (ROOT / "setup.cfg").read_text("utf-8")
    return re.findall(r"Programming Language :: Python :: (3\.\d+)$", classifiers, re.MULTILINE)


def output(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def pyenv_folders(releases: list[str]) -> list[str]:
    """Return the folders where pyenv keeps interpreters of these releases, newest first."""
    if not shutil.which("pyenv"):
        return []
    names = output("pyenv", "versions", "--bare").split()
    prefixes = [
        output("pyenv", "prefix", name)
        for release in reversed(releases)
        for name in names
        if name.startswith(f"{release}.")
    ]
    return [str(Path(prefix, "bin")) for prefix in prefixes if prefix]


def main() -> int:
    releases = supported()
    path = os.pathsep.join([*pyenv_folders(releases), os.environ["PATH"]])
    for release in releases:
        command = shutil.which(f"python{release}", path=path)
        found = output(command, "--version") if command else ""
        print(f"python{release}: {found or 'not on this machine, its environments are skipped'}")
    sys.stdout.flush()
    return subprocess.run(
        [sys.executable, "-m", "tox", *sys.argv[1:]],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
