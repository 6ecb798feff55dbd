"""All is in setup.cfg, but for what a registry shows: the README without its relative links."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

readme = Path(__file__).with_name("README.rst").read_text(encoding="utf-8")
# Links to files of the repository, and its picture, lead nowhere elsewhere.
linkless = re.sub(r"`([^`<]+?)\s+<(?![a-z]+:)[^>]+>`_", r"\1", readme)
description = re.sub(r"^\.\. image:: .*\n(?: +.*\n)*\n", "", linkless, flags=re.MULTILINE)

setup(long_description=description, long_description_content_type="text/x-rst")
