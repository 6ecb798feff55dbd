"""The list of public suffixes: where it is missing, and how often it is read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test.utils import override_settings
from django.urls import path
from publicsuffixlist import PublicSuffixList

from cors_views.inspection.hosts import public_suffix_list
from tests.checks.sites import APP, NONE, SECURE, SITE, answer, found, of, short
from tests.tables import urlconf

pytestmark = pytest.mark.usefixtures("nothing_declared")


@pytest.fixture
def _no_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    public_suffix_list.cache_clear()
    yield
    public_suffix_list.cache_clear()


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_the_check_says_what_it_did_not_check() -> None:
    view = of("https://*.github.io", "https://*.com")(answer)

    with override_settings(ALLOWED_HOSTS=["*"]), urlconf(path("v/", view)):
        unchecked, public = found()

    assert (unchecked.id, public.id) in (
        ("cors_views.E038", "cors_views.I038"),
        ("cors_views.I038", "cors_views.E038"),
    )
    by_id = {message.id: message for message in (unchecked, public)}
    assert "https://*.com" in by_id["cors_views.E038"].msg
    assert "https://*.github.io" in by_id["cors_views.I038"].msg
    assert "publicsuffixlist" in by_id["cors_views.I038"].hint


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_nobody_is_told_to_trust_what_was_not_checked() -> None:
    view = of("https://*.github.io", "https://new.example.com")(answer)

    with override_settings(**SITE, **NONE, **SECURE), urlconf(path("v/", view)):
        (hint,) = (message.hint for message in found() if message.id == "cors_views.W036")

    assert hint == (
        "Make sure that nobody else can register a name below https://*.github.io, which was not "
        "checked. Add 'https://*.github.io', 'https://new.example.com' to CSRF_TRUSTED_ORIGINS."
    )


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_two_labels_are_a_site() -> None:
    with override_settings(**SITE), urlconf(path("v/", of(APP)(answer))):
        assert short(found()) == []


def test_the_list_is_read_once_however_many_policies_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = []
    package = SimpleNamespace(PublicSuffixList=lambda: reads.append(1) or PublicSuffixList())
    monkeypatch.setitem(sys.modules, "publicsuffixlist", package)
    public_suffix_list.cache_clear()
    routes = [path(f"{n}/", of(f"https://*.a{n}.example.com")(answer)) for n in range(5)]

    with override_settings(**SITE), urlconf(*routes):
        assert found()

    public_suffix_list.cache_clear()
    assert reads == [1]
