"""Expressions that take for ever on hostile text: which are told apart from all others, and how."""

from __future__ import annotations

import re
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from cors_views import CorsPolicy, conf
from cors_views.checks.settings import check_settings
from cors_views.policies.field_values import origin_regexes
from cors_views.regexes.expressions import whole_automaton_of
from cors_views.regexes.repetitions import is_ambiguous, repeated_once

#: Found in public projects and in the docs of CORS libraries, or as they may well be written.
INNOCENT = {
    "subdomains of a host": r"^https:\/\/.*\.vercel\.app$",
    "previews of a project": r"^https://frontend-[a-z0-9-]+-team\.vercel\.app$",
    "a port": r"^https?://localhost:\d+$",
    "a port, or a part of one": r"^http:\/\/localhost:*([0-9]+)?$",
    "a host in any text": r".*\.forestadmin\.com.*",
    "labels with their dots": r"([A-Za-z0-9-]+\.)*example\.zm",
    "labels with their dots, not captured": r"^https://(?:[\w-]+\.)*example\.com$",
    "labels with their dots, in any case": r"(?i)https://([a-z0-9-]+\.)+example\.com",
    "labels with their dots, verbose": r"(?x) https:// ( [a-z]+ \. ) + example\.com",
    "labels as the DNS has them": (
        r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+example\.com"
    ),
    "words with hyphens between": r"https://[a-z0-9]+(?:-[a-z0-9]+)*\.example\.com",
    "words with hyphens between, in labels": r"https://([a-z0-9]+(-[a-z0-9]+)*\.)+example\.com",
    "labels but one": r"https://(?:(?!www\.)[a-z0-9-]+\.)+example\.com",
    "some labels": r"https://(?=[a-z])([a-z0-9-]+\.){1,5}example\.com",
    "labels of a length": r"https://([a-z0-9-]{1,63}\.){1,10}example\.com",
    "labels of what is no dot": r"^(?:https?://)?(?:[^./]+\.)*example\.com",
    "a scheme and a label, or none": r"^(https?://)?(\w+\.)?example\.com$",
    "anything, or nothing": r"^(https?:\/\/)?(\w+\.)?(.*)?example\.netlify\.com\/?$",
    "one of three hosts": r"^(https?://)?(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d{4})?$",
    "private addresses": r"^http://10\.\d+\.\d+\.\d+$",
    "any address": r"https://(\d{1,3}\.){3}\d{1,3}(:\d+)?",
    "an address in brackets": r"https://(\[[0-9a-f:]+\]|[a-z.]+)(:\d+)?",
    "a captured label": r"^https://(.+)\.readthedocs\.org$",
    "whole origins": r"https://.*|http://localhost:.*|http://127.0.0.1:.*",
    "anything": r"^(.*)",
    "hexadecimal": r"https://[a-f0-9]{8}\.app\.pages\.dev",
    "an extension": r"chrome-extension://[a-p]{32}",
    "names that differ, repeated": r"https://(www\.|api\.)*example\.com",
    "letters, repeated": r"https://(a|b|c)+\.example\.com",
    "sets in one, repeated": r"https://([a-z]|[a-z0-9])+\.example\.com",
    "words of one length, repeated": r"https://([a-z]{3})+\.example\.com",
    "letters and digits in turn": r"https://(?:[a-z]+\.|[0-9]+\.)+example\.com",
    "a letter behind a letter that may be missing": r"https://(a?b)+\.example\.com",
    "an ambiguity that ends": r"https://(a|ab)(c|bcd)(d*)\.example",
    "two ways, a few times": r"https://([a-z]|\d|[a-z]\d){1,8}\.example\.com",
    "long repetitions, twice": r"https://(\w+-?){1,2}\.example\.com",
    "a repetition, three times at most": r"https://([a-z0-9]+-?){1,3}\.example\.com",
    "one or two letters, sixteen times": r"https://(?:[0-9a-f]{1,2}-?){16}\.example\.com",
    "labels of a length, four times": r"https://(\w{1,63}\.?){1,4}\.example\.com",
    "one to three letters, fifteen times": (
        r"https://([a-z]|[a-z][a-z]|[a-z]{3}){1,15}\.example\.com"
    ),
    "a repetition to its end": r"https://(?:\w+$)+",
    "two ways to its end": r"https://(?:a(b|b)c$){2}",
    "letters beyond ASCII, which no origin has": "https://([а-я]+-?)+x",
    "nothing, repeated": r"https://(?:)+a(?:^|$)*",
    "paths": r"^/(api|graphql)(/.*)?$",
    "languages in a path": r"^/(?:[a-z]{2}(?:-[a-z]{2})?/)*api/",
}
#: Each was measured: hours or more for a text of 512 letters, most for one of 40.
GUILTY = {
    "a repetition, repeated": r"https://(\w+)+\.example\.com",
    "a repetition, repeated without need": r"https://(\w*)*\.example\.com",
    "a repetition, repeated lazily": r"https://(\w+?)+?\.example\.com",
    "a repetition, from twice on": r"https://(\w+){2,}\.example\.com",
    "a repetition, up to thirty times": r"https://(\w+){1,30}\.example\.com",
    "a repetition, four times": r"https://(\w+-?){1,4}\.example\.com",
    "a repetition, twice within twice": r"https://((\w+-?){2}){2}\.example\.com",
    "twice within twice within twice within twice": (
        r"https://((((\w+-?){2}){2}){2}){2}\.example\.com"
    ),
    "a repetition with a limit, repeated with a limit": (
        r"https://([a-z0-9]{1,12}-?){1,12}\.example\.com"
    ),
    "letters and dots, repeated with a limit": r"https://([a-z0-9.]{1,15}){1,15}\.example\.com",
    "one to three letters, fifteen times, twice": (
        r"https://([a-z]|[a-z][a-z]|[a-z]{3}){1,15}[a-z]?([a-z]|[a-z][a-z]|[a-z]{3}){1,15}\.com"
    ),
    "two ways within labels": r"https://((a|aa){1,10}\.){1,5}example\.com",
    "a letter or none, thirty times": r"https://(a?){30}\.x",
    "an end within": r"https://([a-z0-9]+(?:-|$)?)+\.example\.com",
    "a beginning within": r"https://(?:^|[a-z0-9]+)+\.example\.com",
    "verbose in a group alone": "https://(?x:(\\w+) # labels\n +)\\.example\\.com",
    "a repetition in two groups": r"https://((a|b)+)+\.example\.com",
    "a repetition in a group with a flag": r"https://(?i:(a+|A+)+)\.x",
    "a repetition in verbose": "(?x) https:// ( \\w+ )  # labels\n + \\.example",
    "a repetition that is looked ahead for": r"https://(?=(\w+)+\.)x",
    "a repetition in an alternative": r"https://(?:app|(\w+)+)\.example\.com",
    "labels whose dot may be missing": r"https://([a-z0-9-]+\.?)+\.example\.com",
    "labels whose hyphen may be missing": r"https://(?:\w+[.-]?)*example\.com",
    "labels of a length whose dot may be missing": r"https://(\w{1,63}\.?)+\.example\.com",
    "labels that hold dots": r"https://(.+\.)*example\.com",
    "labels of a public project": r"^(https?://)?(\w*-*\w*\.+)*example\.com$",
    "words whose hyphens may be missing": r"https://(\w+(-\w+)?)*\.example\.com",
    "sets that overlap": r"https://(?:[a-z]+|[a-z0-9]+)+\.example\.com",
    "sets that overlap, one behind the other": r"https://([a-z]+[a-z0-9]*)+\.example\.com",
    "a hyphen before or behind": r"https://(\w|-\w|\w-)+\.example\.com",
    "what may be missing, twice": r"https://(a?b?)*\.example",
    "one letter or two": r"https://(aa|a)+\.example",
    "nothing, repeated within": r"https://(?:(?:a?)*c)+d",
    "a choice with nothing, repeated within": r"https://(?:(?:a|b?)+c)+d",
    "parts of a path": r"^/(\w+/?)+$",
    "what is no digit": r"https://([^0-9]+\D?)+\.x",
}
#: It looks around or back, or is too large.
UNKNOWN = {
    "a word with its end": r"https://(?:\w+\b-?)+\.example\.com",
    "a word that is looked behind for": r"https://(?:\w+(?<!-)-?)+\.example\.com",
    "an end of a line, repeated": r"(?m)https://(?:\w+$)+",
    "what was there before": r"https://(?:(\w)\1)+\.example\.com",
    "what depends on a group": r"https://(a)?(?:(?(1)b|c))+\.example\.com",
    "more letters than anybody counts": r"https://(?:[a-z]{1,600}\.?)+\.example\.com",
    "more beginnings than anybody compares": (
        r"https://(?:" + "[ab]?[bc]?[cd]?[da]?" * 4 + r"){1,2}\.example\.com"
    ),
    "more alternatives than anybody compares": (
        "(?:" + "|".join(f"{a}{b}" for a in "abcdefghijklmno" for b in "pqrstuvwxyz") + ")+"
    ),
}
if sys.version_info >= (3, 11):
    UNKNOWN |= {
        "what is never given back": r"https://(?:\w++\.?)+\.example\.com",
        "a group that is never given back": r"https://(?:(?>\w+)\.?)+\.example\.com",
    }


@pytest.mark.parametrize("name", INNOCENT)
def test_an_expression_that_is_not_ambiguous(name: str) -> None:
    assert is_ambiguous(re.compile(INNOCENT[name])) is False
    assert origin_regexes([INNOCENT[name]]) == ([re.compile(INNOCENT[name])], [])


@pytest.mark.parametrize("name", GUILTY)
def test_an_ambiguous_expression_is_refused_in_a_declaration(name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        CorsPolicy(origin_regexes=[re.compile(GUILTY[name])])

    assert "has a repetition inside a repetition" in str(caught.value)


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_expression_that_nobody_can_judge_is_not_refused(name: str) -> None:
    assert not is_ambiguous(re.compile(UNKNOWN[name]))
    CorsPolicy(origin_regexes=[UNKNOWN[name]])


@pytest.mark.parametrize("setting", ["CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"])
def test_that_the_settings_go_on_with_one_and_a_check_warns(setting: str) -> None:
    with override_settings(**{setting: [r"https://(\w+)+\.example\.com"]}):
        (message,) = check_settings()
        assert conf.cors_settings().policy.origin_regexes == (
            re.compile(r"https://(\w+)+\.example\.com"),
        )

    assert message.id == "cors_views.W005"
    assert message.msg == (
        rf"{setting}: 'https://(\\w+)+\\.example\\.com' has a repetition inside a repetition: one "
        "request can keep a worker busy for hours."
    )
    assert message.hint == r"Write r'https://\w+\.example\.com' instead."


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        pytest.param(r"^/(\w+/?)+$", True, id="letters"),
        pytest.param("^/([а-я]+-?)+/$", True, id="letters-beyond-ascii"),
        pytest.param("^/(?:я|яя)+/$", True, id="one-letter-beyond-ascii"),
        pytest.param("^/([а-яё]+[^/]?)+/$", True, id="all-others-beside-them"),
        pytest.param(r"^/([^\d/]+-?)+/$", True, id="what-is-no-digit"),
        pytest.param(r"^/(\w+\W)+$", False, id="a-word-and-what-is-none"),
        pytest.param(r"^/(\D+[^\D])+$", False, id="a-digit-behind"),
        pytest.param("^/([а-я]+-)+/$", False, id="letters-beyond-ascii-with-their-hyphens"),
        pytest.param("^/([^а-я]+[а-я])+/$", False, id="all-but-those"),
    ],
)
def test_that_the_regex_of_the_urls_is_looked_at_too(regex: str, expected: bool) -> None:
    with override_settings(CORS_URLS_REGEX=regex):
        found = [message.id for message in check_settings()]

    assert found == ["cors_views.W005"] * expected


@pytest.mark.parametrize(
    ("pattern", "better"),
    [
        pytest.param(r"https://(\w+)+\.example\.com", r"https://\w+\.example\.com", id="twice"),
        pytest.param(r"https://(?:[a-z]*)*\.a\.b", r"https://[a-z]*\.a\.b", id="not-captured"),
        pytest.param(
            r"https://([a-z0-9-]+\.?)+\.example\.com",
            r"https://([a-z0-9-]+\.)+example\.com",
            id="a-dot-that-may-be-missing",
        ),
        pytest.param(
            r"https://(.+\.)*example\.com", r"https://([^.]+\.)*example\.com", id="dots-in-labels"
        ),
        pytest.param(r"https://(\w*-*\w*\.+)*example\.com", "", id="nobody-knows"),
        pytest.param(r"https://(\w+)+(\w+-?)+\.example\.com", "", id="and-something-else"),
        pytest.param(r"https://\w+\.example\.com", "", id="nothing-to-better"),
    ],
)
def test_what_to_write_instead(pattern: str, better: str) -> None:
    assert repeated_once(re.compile(pattern)) == better


ORIGINS = st.from_regex(r"https?://[a-z0-9.-]{0,12}(:[0-9]{1,2})?", fullmatch=True) | st.text(
    st.sampled_from("abc.-/:[]x0é\n"), max_size=12
)


@pytest.mark.parametrize("name", INNOCENT)
@given(st.data())
@settings(derandomize=True, deadline=None, max_examples=20)
def test_that_an_automaton_agrees_with_re(name: str, data: st.DataObject) -> None:
    regex = re.compile(INNOCENT[name])
    text = data.draw(ORIGINS | st.from_regex(regex, fullmatch=True))

    if text.isprintable() and text.isascii():
        found = whole_automaton_of(regex).matches(text)
        expected = regex.fullmatch(text) is not None
        # What is counted far is never sure.
        assert found == expected or not (found or not re.search("[0-9]{2}}", regex.pattern))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param(r"(\w+)+x", "a" * 60, False, id="what-re-never-ends"),
        pytest.param(r"(\w+)+x", "a" * 60 + "x", True, id="what-is-long"),
        pytest.param(r"(?i)Ab(?-i:c)", "aBc", True, id="case-that-does-not-count"),
        pytest.param(r"(?i)Ab(?-i:c)", "aBC", False, id="case-that-counts-again"),
        pytest.param(r"[^a-c\d]|\S\W", "d", True, id="a-set-turned-round"),
        pytest.param(r"[^a-c\d]|\S\W", "7", False, id="a-digit-in-it"),
        pytest.param(r"[^a-c\d]|\S\W", "7-", True, id="no-word"),
        pytest.param(r"[^a]", "a", False, id="not-this-letter"),
        pytest.param(r"a{2}b{1,}c{0,2}d*", "aabccd", True, id="counted"),
        pytest.param(r"a{2}b{1,}c{0,2}d*", "aabcccd", False, id="counted-once-too-often"),
        pytest.param(r"a{2,}", "a", False, id="counted-once-too-seldom"),
        pytest.param(r"(a|b)?", "", True, id="nothing"),
        pytest.param(r"a", "", False, id="nothing-where-something-has-to-be"),
        pytest.param(r"^a\Z", "a", True, id="anchored"),
        pytest.param(r"a", "ab", False, id="more-than-is-matched"),
        pytest.param(r"(?!b)\w+", "bc", False, id="what-must-not-follow"),
    ],
)
def test_that_an_automaton_matches_the_whole_in_linear_time(
    pattern: str, text: str, expected: bool
) -> None:
    assert whole_automaton_of(re.compile(pattern)).matches(text) is expected
