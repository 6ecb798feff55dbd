"""How Sphinx builds these pages: ``make docs``."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import django
from django.conf import settings
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

import cors_views
from cors_views import conf
from cors_views.protocol.reasons import Reason

# autodoc imports every module, and some of REST framework's read settings.
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.staticfiles",
        "debug_toolbar",
    ],
    STATIC_URL="/static/",
)
django.setup()

project = "cors_views"
author = "The authors of cors_views"
copyright = f"2026, {author}"
release = version = cors_views.__version__

extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
# Linked to as a file.
html_extra_path = ["nginx.conf"]
html_title = f"cors_views {release}"
highlight_language = "none"
nitpicky = True
# Names of other projects, which are not linked: nothing is fetched to build these pages.
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(django|rest_framework|asgiref|debug_toolbar|pytest|collections|typing|re|enum)\..*",
    ),
    (r"py:.*", r"(Any|Callable|Iterable|Iterator|Mapping|Sequence|TypeVar|frozenset|Enum)"),
    # Private names in signatures, aliases, and plain words in the docstrings' types.
    (r"py:.*", r"(_\w+|.*\._\w+|cors_views\.declarations\.marks\.V|.*ClientT|Denial|Unpack)"),
    (r"py:.*", r"(Application|FetchOptions|HeaderList|Credentials|Redirect)"),
]
autodoc_typehints = "signature"
# What a signature calls by its name, and the page says below.
autodoc_type_aliases = {
    "Declarable": "cors_views.rest_framework.Declarable",
    "Names": "cors_views.policy.Names",
    "Origins": "cors_views.policy.Origins",
    "Regexes": "cors_views.policy.Regexes",
}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True


def link_pages(app: Sphinx, doctree: nodes.document) -> None:
    """Turn a link to ``checks.rst``, which GitHub follows, into one to the page built from it."""
    for reference in list(doctree.findall(nodes.reference)):
        file, _, anchor = reference.get("refuri", "").partition("#")
        target = PurePosixPath(file)
        if target.suffix != ".rst" or ":" in file:
            continue
        name = PAGES_ELSEWHERE.get(str(target).removeprefix("../"), target.stem)
        if anchor:
            # Sphinx links to no part of a page by name. tests/test_built_docs.py follows these.
            reference["refuri"] = f"{app.builder.get_relative_uri(app.env.docname, name)}#{anchor}"
            continue
        link = addnodes.pending_xref(
            "",
            nodes.inline("", reference.astext()),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{name}",
            refexplicit=True,
            refwarn=True,
            refdoc=app.env.docname,
        )
        link.source, link.line = reference.source, reference.line
        reference.replace_self(link)


#: Pages whose tables explain names, and what these look like. Each row can be linked to by its
#: name, ``checks.html#cors_views.W032``, and each mention of the name elsewhere is such a link.
EXPLAINED = {
    "checks": re.compile(r"cors_views\.[EWI]\d{3}"),
    "reasons": re.compile("|".join(Reason.__members__)),
    "settings": re.compile(r"CORS_[A-Z_]+"),
}
#: Settings that were removed long ago have no row.
UNEXPLAINED = {"CORS_MODEL", "CORS_REPLACE_HTTPS_REFERER", *conf.ALIASES.values()}


def link_names(app: Sphinx, doctree: nodes.document) -> None:
    """Give the rows of ``EXPLAINED`` pages their anchors, and link to them."""
    here = app.env.docname
    for literal in list(doctree.findall(nodes.literal)):
        name = literal.astext()
        page = next((page for page, names in EXPLAINED.items() if names.fullmatch(name)), None)
        if page is None or name in UNEXPLAINED:
            continue
        if isinstance(literal.parent, nodes.reference | nodes.title):
            continue
        target = f"#{name}"
        row = literal.parent.parent.parent if page == here else None
        if isinstance(row, nodes.row) and row.astext().split()[0] == name and not row["ids"]:
            row["ids"].append(name)
        elif page != here:
            target = app.builder.get_relative_uri(here, page) + target
        literal.replace_self(nodes.reference("", "", literal.deepcopy(), refuri=target))


#: Files outside of this folder, and the page that includes each.
PAGES_ELSEWHERE = {
    "CHANGELOG.rst": "changelog",
    "CONTRIBUTING.rst": "contributing",
    "sample_project/README.rst": "sample_project",
}


def name_aliases(*event: Any) -> tuple[str, str] | None:
    """Undo how Sphinx writes a union with an alias: as the representation of its placeholder."""
    signature, returns = event[-2:]
    if signature is None:
        return None
    return re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", signature), returns


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", link_pages)
    app.connect("doctree-read", link_names)
    app.connect("autodoc-process-signature", name_aliases)
    return {"parallel_read_safe": True}
