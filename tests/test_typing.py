"""What type checkers make of users' code: decorated views keep their types, mistakes are errors.

``typing/right.py`` has to be without any error, ``typing/wrong.py`` with one on each line that says
so and on no other. Both are read as a user's mypy and pyright would, in their strict modes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.samples import ROOT

pytest.importorskip("mypy", reason="requirements/dev.txt brings mypy and the stubs")

#: Reads both files and returns the errors: file, line, message.
Checker = Callable[[Path], list[tuple[str, int, str]]]

RIGHT, WRONG = "tests/typing/right.py", "tests/typing/wrong.py"
EXPECTED = {
    number
    for number, line in enumerate((ROOT / WRONG).read_text("utf-8").splitlines(), 1)
    if line.endswith("# error")
}


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    # 1 is for errors found; anything above is a checker that did not run.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(folder: Path) -> list[tuple[str, int, str]]:
    # Not the settings of this package: a user's, who has the stubs.
    settings = folder / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\n")
    said = run(
        [
            *(sys.executable, "-m", "mypy", "--config-file", str(settings)),
            *("--cache-dir", str(folder), "--hide-error-codes", RIGHT, WRONG),
        ]
    )
    found = re.findall(r"^(.+?):(\d+): error: (.+)$", said, re.MULTILINE)
    return [(name, int(number), message) for name, number, message in found]


def pyright(folder: Path) -> list[tuple[str, int, str]]:
    command = shutil.which("pyright")
    if command is None and os.environ.get("REQUIRE_PYRIGHT"):
        pytest.fail("REQUIRE_PYRIGHT is set, and there is no pyright")
    if command is None:
        pytest.skip("pyright is not installed: npm install --global pyright")
    said = run([command, "--outputjson", "--pythonpath", sys.executable, RIGHT, WRONG])
    return [
        (
            Path(one["file"]).relative_to(ROOT).as_posix(),
            one["range"]["start"]["line"] + 1,
            one["message"],
        )
        for one in json.loads(said)["generalDiagnostics"]
        if one["severity"] == "error"
    ]


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_what_type_checkers_say(checker: Checker, tmp_path: Path) -> None:
    found = checker(tmp_path)

    assert [one for one in found if one[0] == RIGHT] == []
    assert {number for name, number, _ in found if name == WRONG} == EXPECTED
    assert {name for name, _, _ in found} == {WRONG}
