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
#: Python keeps memory for objects of up to 512 bytes. For larger ones the C library looks for room,
#: and how long that takes depends on what was freed before: to try 501 patterns, each of which
#: needs such a block, takes 60,000 instructions more or less.
_WITHOUT_MALLOC = ("--toggle-collect=malloc", "--toggle-collect=free", "--collect-atstart=yes")


def is_missing() -> bool:
    """Return whether valgrind is not there, and tell what to do about it."""
    if shutil.which("valgrind") and shutil.which("callgrind_control"):
        return False
    print("valgrind counts the instructions. Install it (Debian: valgrind).", file=sys.stderr)
    return True


def per_request(contender: str, case: str, requests: int = REQUESTS, layout: int = 0) -> float:
    """Return how many instructions a contender adds to one request of a case, on bare Django.

    With another ``layout``, its objects lie elsewhere in memory.
    """
    options = (contender, case, f"--requests={requests}", f"--layout={layout}")
    bare, counted = each_count("benchmarks.counted", *options, hash_seed=layout, malloc=False)
    return (counted - bare) / requests


def instructions(module: str, *arguments: str) -> int:
    """Return how many instructions a module takes for what it does within ``counting()``."""
    (counted,) = each_count(module, *arguments)
    return counted


def each_count(module: str, *arguments: str, hash_seed: int = 0, malloc: bool = True) -> list[int]:
    """Return how many instructions a module takes within each ``counting()``, one after the other.

    Python starts and Django is set up before anything is counted. Addresses are not randomised and
    neither are hashes, so that a second run takes the same way through every dictionary. With
    another ``hash_seed`` it is another way. ``malloc=False`` leaves out what the C library takes
    to find room.
    """
    # A pipe that is read in the end could be full before: who writes to it would wait for ever.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as errors:
        command = [
            *("setarch", platform.machine(), "--addr-no-randomize"),
            *("valgrind", "--tool=callgrind", "--instr-atstart=no"),
            *(() if malloc else _WITHOUT_MALLOC),
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
            env=_environment(hash_seed),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            while said := _said(process):
                _expect("ready", said, process)
                _control(process, "--instr=on")
                _send(process)
                _expect("done", _said(process), process)
                _control(process, "--instr=off")
                # Writes what was counted, and begins with nothing again.
                _control(process, "--dump")
                _send(process)
            if process.wait(timeout=60) != 0:
                raise RuntimeError(f"The process that is counted ended with {process.returncode}")
        except RuntimeError as error:
            errors.seek(0)
            raise RuntimeError(f"{error}:\n{errors.read()}") from None
        finally:
            process.kill()
        # The last one, without a number, is of what came after.
        numbered = sorted(Path(folder).glob("*.*"), key=lambda path: int(path.suffix[1:]))
        return [_total(each.read_text(encoding="utf-8")) for each in numbered]


def _environment(hash_seed: int) -> dict[str, str]:
    """Return the environment of a process that is counted, which is not that of the shell.

    Python keeps it in memory, too: a longer variable may be a thousand instructions of a request.
    """
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": str(hash_seed),
        # So that the layouts differ in it.
        "ROOM": "." * 40 * hash_seed,
    }


def _total(written: str) -> int:
    (total,) = re.findall(r"^totals: (\d+)$", written, re.MULTILINE)
    return int(total)


@contextmanager
def counting() -> Iterator[None]:
    """Tell whoever counts the instructions of this process when they begin and end."""
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


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _expect(word: str, said: str, process: subprocess.Popen[str]) -> None:
    if said != word:
        # It may be waiting for a line, and has more to say.
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)
        raise RuntimeError(f"The process that is counted said {said!r}, not {word!r}")


def _control(process: subprocess.Popen[str], command: str) -> None:
    subprocess.run(
        ["callgrind_control", command, str(process.pid)], check=True, capture_output=True
    )
