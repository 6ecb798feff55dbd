"""Break every rule of the pure core, one at a time, and see the tests fail: ``make mutants``.

cosmic-ray makes the mutants, each in a copy of the repository. One that no test notices is either
a gap in the tests, or no difference at all. The latter stand in ``survivors.txt`` with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome

ROOT = Path(__file__).resolve().parents[2]
SURVIVORS = Path(__file__).with_name("survivors.txt")
ORIGINS = (
    "tests/standard/test_origins.py",
    "tests/policies/test_patterns.py",
    "tests/policies/test_origin_sets.py",
)
#: A module of the core, and the tests of it; the first to fail ends a mutant's run.
MODULES = {
    "standard/origins": [*ORIGINS],
    "policies/patterns": [
        *ORIGINS,
        "tests/policies/test_policy.py",
        "tests/policies/test_spelling_hints.py",
    ],
    "policies/origin_sets": [*ORIGINS],
    "policies/field_values": [
        "tests/policies/test_field_values.py",
        "tests/policies/test_policy.py",
    ],
    "policies/fields": [
        "tests/policies/test_policy.py",
        "tests/conf",
        "tests/policies/test_fields.py",
    ],
    "policies/policy": [
        "tests/policies/test_policy.py",
        "tests/conf",
        "tests/responses/test_enforcement.py",
    ],
    "policies/contradictions": ["tests/policies/test_policy.py", "tests/conf"],
}
CONFIGURATION = """\
[cosmic-ray]
module-path = "cors_views/{module}.py"
timeout = 300.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"

# The only place of "|" is in annotations, which nobody evaluates.
[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]
"""


def survivors_of(module: str, folder: Path) -> tuple[int, set[str]]:
    """Return how many mutants a module has, and which survive: the line, and what became of it."""
    copy = folder / module.replace("/", "-")
    for name in ("cors_views", "tests", "sample_project", "setup.cfg", "pyproject.toml"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name)
        else:
            shutil.copy(ROOT / name, copy)
    tests = " ".join(MODULES[module])
    (copy / "cosmic.toml").write_text(
        CONFIGURATION.format(module=module, python=sys.executable, tests=tests)
    )
    for command in (
        ["cosmic_ray.cli", "init", "cosmic.toml", "session.sqlite"],
        ["cosmic_ray.tools.filters.operators_filter", "session.sqlite", "cosmic.toml"],
        ["cosmic_ray.cli", "baseline", "cosmic.toml"],
        ["cosmic_ray.cli", "exec", "cosmic.toml", "session.sqlite"],
    ):
        subprocess.run([sys.executable, "-m", *command], cwd=copy, check=True)
    with use_db(str(copy / "session.sqlite"), WorkDB.Mode.open) as database:
        done = [result for _, result in database.completed_work_items]
    # Those that the filter left out have neither.
    tried = [result for result in done if result.test_outcome and result.diff]
    return len(tried), {
        f"{Path(module).name}: {_change(result.diff)}"
        for result in tried
        if result.test_outcome is not TestOutcome.KILLED
    }


def _change(diff: str) -> str:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    # Where whole lines go, blanks around them go along.
    return " ".join(f"{before} -> {after}".split())


def main() -> int:
    """Return 0 if the survivors are those that are explained, else 1."""
    modules = sys.argv[1:] or list(MODULES)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(lambda module: survivors_of(module, Path(folder)), modules))
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    explained = {
        line for line in lines if line.startswith(tuple(f"{Path(name).name}: " for name in modules))
    }
    survivors = set().union(*(survived for _, survived in runs))
    for survivor in sorted(survivors - explained):
        print(f"No test notices  {survivor}")
    for gone in sorted(explained - survivors):
        print(f"No survivor any more  {gone}")
    tried = sum(count for count, _ in runs)
    print(f"{tried} mutants, {len(survivors)} survived, {len(survivors & explained)} explained.")
    return int(survivors != explained)


if __name__ == "__main__":
    sys.exit(main())
