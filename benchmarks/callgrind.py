"""Count instructions with valgrind's callgrind: the same number whatever else the machine does."""

from __future__ import annotations

import gc
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: So many requests are counted, after those that fill the caches.
REQUESTS = 100
#: django-cors-headers looks at each origin anew, which takes as long as it takes under callgrind.
FEW_REQUESTS = 4


def is_missing() -> bool:
    """Return whether valgrind is not there, and tell what to do about it."""
    if shutil.which("valgrind") and shutil.which("callgrind_control"):
        return False
    print("valgrind counts the instructions. Install it (Debian: valgrind).", file=sys.stderr)
    return True


def per_request(contender: str, case: str, requests: int = REQUESTS, layout: int = 0) -> float:
    """Return how many instructions a contender takes for one request of a case.

    With another ``layout``, its objects lie elsewhere in memory.
    """
    options = (contender, case, f"--requests={requests}", f"--layout={layout}")
    return instructions("benchmarks.counted", *options, hash_seed=layout) / requests


def instructions(module: str, *arguments: str, hash_seed: int = 0) -> int:
    """Return how many instructions a module takes for what it does within ``counting()``.

    Python starts and Django is set up before anything is counted. Addresses are not randomised and
    neither are hashes, so that a second run takes the same way through every dictionary. With
    another ``hash_seed`` it is another way.
    """
    # A pipe that is read in the end could be full before: who writes to it would wait for ever.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
        command = [
            *("setarch", platform.machine(), "--addr-no-randomize"),
            *("valgrind", "--tool=callgrind", "--instr-atstart=no"),
            f"--callgrind-out-file={folder}/%p",
            *(sys.executable, "-m", module, *arguments),
        ]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _expect("ready", process)
            _switch("on", process)
            _send(process)
            _expect("done", process)
            _switch("off", process)
            _send(process)
            if process.wait(timeout=60) != 0:
                raise RuntimeError(f"The process that is counted ended with {process.returncode}")
        except RuntimeError as error:
            errors.seek(0)
            raise RuntimeError(f"{error}:\n{errors.read()}") from None
        finally:
            process.kill()
        (written,) = Path(folder).iterdir()
        counted = re.findall(r"^totals: (\d+)$", written.read_text(encoding="utf-8"), re.MULTILINE)
    return int(counted[-1])


@contextmanager
def counting() -> Iterator[None]:
    """Tell whoever counts the instructions of this process when it begins and ends."""
    gc.collect()
    gc.disable()
    print("ready", flush=True)
    sys.stdin.readline()
    yield
    print("done", flush=True)
    sys.stdin.readline()


def count(serve: Callable[[], object]) -> None:
    """Serve some requests that are counted."""
    with counting():
        for _ in range(REQUESTS):
            serve()


def _send(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _expect(word: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    if said != word:
        # It may be waiting for a line, and has more to say.
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)
        raise RuntimeError(f"The process that is counted said {said!r}, not {word!r}")


def _switch(state: str, process: subprocess.Popen[str]) -> None:
    subprocess.run(
        ["callgrind_control", "-i", state, str(process.pid)], check=True, capture_output=True
    )
