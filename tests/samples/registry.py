"""What no test runs in the form in which it is shown, and what stands for it."""

from __future__ import annotations

from tests.samples import Sample

#: Who runs the blocks of a language, and what has the blocks of commands.
LANGUAGES = {
    "console": "test_console.py, test_printed.py",
    "html": "test_javascript.py, tests/browser/test_samples.py",
    "javascript": "test_javascript.py, tests/browser/test_samples.py",
    "nginx": "tests/test_missing_headers.py, tests/test_reviews.py",
    "python": "test_python.py, test_settings.py, test_tests.py",
    "yaml": "test_workflows.py",
}
#: Blocks of other kinds, by page and beginning. An entry that fits none is a mistake.
SHOWN = {
    ("docs/commands.rst", '{"origin": '): "tests/management/test_replay.py reads the same line",
    (
        "docs/reasons.rst",
        "The browser refuses the preflight",
    ): "test_printed.py makes the same refusal",
    (
        "docs/debugging.rst",
        "X-Cors-Views:",
    ): "test_debug_header.py has such headers",
    (
        "sample_project/README.rst",
        "X-Cors-Views:",
    ): "tests/test_sample_project.py finds it in the answer",
    ("docs/tutorial.rst", "X-Cors-Views:"): "tests/test_tutorial.py finds it in the answer",
    (
        "docs/tutorial.rst",
        "The browser refuses GET",
    ): "tests/test_tutorial.py waits for it in the log",
}
#: Files that pages include as they are.
INCLUDED = {
    "nginx.conf": "tests/test_deployment.py has nginx run it",
    "../CHANGELOG.rst": "a page of its own",
    "../CONTRIBUTING.rst": "a page of its own",
    "../sample_project/README.rst": "a page of its own",
}


def entry(sample: Sample) -> tuple[str, str] | None:
    """Return the entry for a block that stands for it."""
    return next(
        (key for key in SHOWN if key[0] == sample.page_name and sample.code.startswith(key[1])),
        None,
    )
