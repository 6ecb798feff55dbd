"""Checks of the policies that the routes of the site really get, wherever they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.core.checks import CheckMessage, Info, Warning

from cors_views import conf, fetch, nearest
from cors_views.checks.csrf import is_csrf_protected, is_trusted
from cors_views.checks.regexes import escaped, stranger_of
from cors_views.checks.sites import cookies_kept_at_home, is_local, public_suffixes
from cors_views.nearest import Chain
from cors_views.policy import CorsPolicy
from cors_views.protocol import CompiledPolicy, Route, Ruling

_SETTINGS = "CORS_* settings"
#: No browser keeps a preflight longer: Firefox a day, Chromium two hours, Safari ten minutes.
_LONGEST_MAX_AGE = 86400


class Use(NamedTuple):
    """One policy that governs some methods of one route."""

    chain: Chain
    methods: tuple[str, ...]
    ruling: Ruling
    compiled: CompiledPolicy

    @property
    def policy(self) -> CorsPolicy:
        return self.compiled.policy

    def who_set(self, field: str) -> str:
        """Return the nearest place that sets a field of the policy."""
        return who_set(self.ruling, field)

    @property
    def unsafe_methods(self) -> list[str]:
        """The methods offered that may change something."""
        return sorted(set(self.methods) - fetch.SAFE_METHODS)

    @property
    def where(self) -> str:
        return f"{self.who_set('origins')}, at {route_name(self.chain)}"


def route_name(chain: Chain) -> str:
    """Return the route of a URL pattern, for people."""
    parts = "".join(str(pattern.pattern).lstrip("^") for pattern in chain)
    return f"/{parts}"


def layers(ruling: Ruling) -> Iterator[tuple[str, CorsPolicy]]:
    """Yield the policies that counted, nearest first, each with its place."""
    decisive = () if ruling.signal else ruling.trail[:1]
    for layer in (*ruling.trail[len(decisive) :], *decisive):
        for policy in nearest.policies_of(layer):
            yield str(layer), policy
    if ruling.signal:
        yield _SETTINGS, conf.site().policy


def who_set(ruling: Ruling, field: str) -> str:
    """Return the nearest place that sets ``field``, for people."""
    for place, policy in layers(ruling):
        if getattr(policy, field) is not None or (field == "origins" and policy.names_origins):
            return place
    return _SETTINGS


def uses_of(chain: Chain, route: Route) -> Iterator[Use]:
    """Yield each policy of a route once, with the methods that it governs and offers."""
    rulings = {id(ruling): ruling for ruling in (route.other, *route.rulings.values())}
    for ruling in rulings.values():
        if not ruling.governed:
            continue
        own = [method for method, found in route.rulings.items() if found is ruling]
        for compiled in ruling.policies:
            offered = [name for name in own or sorted(compiled.methods) if compiled.offers(name)]
            yield Use(chain, tuple(offered), ruling, compiled)


def check_uses(uses: Iterable[Use]) -> Iterator[CheckMessage]:
    """Report what is wrong with the policies in use, once for each policy and place."""
    seen: set[tuple[int, str]] = set()
    for use in uses:
        for check in (*_BY_POLICY, *_BY_ROUTE):
            # What concerns a policy alone is said once, not for each of its thousand routes.
            key = (id(check), use.who_set("origins") if check in _BY_POLICY else use.where)
            if key in seen:
                continue
            messages = list(check(use))
            if messages:
                seen.add(key)
                yield from messages


def check_public_uses(uses: Iterable[Use]) -> Iterator[CheckMessage]:
    """Report views that are open to any origin and not read-only; a question of production."""
    for use in uses:
        unsafe = use.unsafe_methods
        if use.compiled.public and unsafe:
            yield Warning(
                f"Any origin may send {', '.join(unsafe)} to {route_name(use.chain)} and read the "
                f"answer; the policy is from the {use.who_set('origins')}.",
                hint='If it only reads, write methods=["GET"]. If it changes something, name the '
                "origins.",
                id="cors_views.W039",
            )


def _origins(policy: CorsPolicy) -> list[str]:
    return [origin for origin in policy.origins or () if isinstance(origin, str)]


def _private_network(use: Use) -> Iterator[CheckMessage]:
    if use.policy.private_network:
        yield Warning(
            f"private_network=True, from the {use.who_set('private_network')}, has no effect any "
            "more: browsers dropped Private Network Access for Local Network Access (Chrome 142), "
            "which asks the user instead of the server.",
            hint="Drop private_network and CORS_ALLOW_PRIVATE_NETWORK.",
            id="cors_views.W034",
        )


def _cookies(use: Use) -> Iterator[CheckMessage]:
    if not use.policy.credentials:
        return
    for setting, value, origins in cookies_kept_at_home(_origins(use.policy)):
        yield Warning(
            f"The {use.where}, allows credentials to {', '.join(origins)}, but {setting} = "
            f"{value!r} keeps the cookie from requests of other sites.",
            hint=f'Serve both from one site, or write {setting} = "None" and '
            f"{setting.replace('SAMESITE', 'SECURE')} = True.",
            id="cors_views.W035",
        )


def _csrf(use: Use) -> Iterator[CheckMessage]:
    unsafe = use.unsafe_methods
    if not (use.policy.credentials and unsafe and is_csrf_protected(use.chain[-1].callback)):
        return
    missing = [
        origin
        for origin in _origins(use.policy)
        if origin.startswith(("http://", "https://")) and not is_trusted(origin)
    ]
    if missing:
        yield Warning(
            f"The {use.where}, lets {', '.join(missing)} send {', '.join(unsafe)} with "
            "credentials, but CSRF protection will refuse it.",
            hint=f"Write CSRF_TRUSTED_ORIGINS = {[_for_csrf(origin) for origin in missing]!r}.",
            id="cors_views.W036",
        )


def _for_csrf(origin: str) -> str:
    # CSRF_TRUSTED_ORIGINS has no wildcard for ports.
    return origin.removesuffix(":*") + ":<port>" if origin.endswith(":*") else origin


def _plain_http(use: Use) -> Iterator[CheckMessage]:
    plain = [
        origin
        for origin in _origins(use.policy)
        if origin.startswith("http://") and not is_local(origin)
    ]
    if use.policy.credentials and plain:
        yield Warning(
            f"The {use.where}, allows credentials to {', '.join(plain)}. Whoever is on the "
            "network can pose as that origin.",
            hint=f"Write {[origin.replace('http:', 'https:', 1) for origin in plain]!r} instead.",
            id="cors_views.W037",
        )


def _suffixes(use: Use) -> Iterator[CheckMessage]:
    if not use.policy.credentials:
        return
    wildcards = [origin for origin in _origins(use.policy) if "://*." in origin]
    public, unchecked = public_suffixes(wildcards)
    if public:
        yield Warning(
            f"The {use.where}, allows credentials to {', '.join(public)}, where anybody can "
            "register a name.",
            hint="Name the subdomains that are yours.",
            id="cors_views.W038",
        )
    if unchecked:
        yield Info(
            f"Whether {', '.join(unchecked)}, from the {use.where}, is below a public suffix was "
            "not checked: only suffixes of one label are known without a list.",
            hint="pip install 'django-cors-views[psl]'",
            id="cors_views.I038",
        )


def _null(use: Use) -> Iterator[CheckMessage]:
    special = [origin for origin in _origins(use.policy) if origin in ("null", "file://")]
    if special:
        yield Warning(
            f"The {use.where}, admits {' and '.join(special)}, which every sandboxed frame and "
            "local file shares: in effect any site.",
            hint="Drop it, or write origins='*' where anybody may read.",
            id="cors_views.W040",
        )


def _max_age(use: Use) -> Iterator[CheckMessage]:
    if (use.policy.max_age or 0) > _LONGEST_MAX_AGE:
        yield Warning(
            f"max_age = {use.policy.max_age}, from the {use.who_set('max_age')}, is longer than "
            "any browser keeps a preflight.",
            hint=f"Write {_LONGEST_MAX_AGE} or less.",
            id="cors_views.W041",
        )


def _any_with_credentials(use: Use) -> Iterator[CheckMessage]:
    if use.ruling.undeclared and use.policy.any_origin and use.policy.credentials:
        yield Warning(
            "CORS_ALLOW_ALL_ORIGINS and CORS_ALLOW_CREDENTIALS together let every site on the web "
            "read what your users' cookies open.",
            hint="Write CORS_ALLOWED_ORIGINS = [...] with the origins that you trust instead of "
            "CORS_ALLOW_ALL_ORIGINS.",
            id="cors_views.W042",
        )


def _regexes(use: Use) -> Iterator[CheckMessage]:
    for regex in use.policy.origin_regexes or ():
        pattern, stranger = regex.pattern, stranger_of(regex)
        if stranger and use.policy.credentials:
            yield Warning(
                f"The {use.where}, allows credentials to whatever {pattern!r} matches, such as "
                f"{stranger}.",
                hint=r"Name the host in it: r'https://[a-z0-9-]+\.example\.com'.",
                id="cors_views.W043",
            )
        elif escaped(pattern) != pattern:
            yield Warning(
                f"The {use.where}, has the regular expression {pattern!r}, in which a '.' stands "
                "for any character: names that differ there are admitted too.",
                hint=f"Write r'{escaped(pattern)}' instead.",
                id="cors_views.W043",
            )


_BY_POLICY = (
    _private_network,
    _cookies,
    _plain_http,
    _suffixes,
    _null,
    _max_age,
    _any_with_credentials,
    _regexes,
)
_BY_ROUTE = (_csrf,)


def survey() -> list[tuple[Any, Route]]:
    """Return every route of the site with what governs it."""
    found = [(chain, nearest.build_safely(chain)) for chain in nearest.all_chains()]
    return [(chain, route) for chain, route in found if nearest.understands(chain)]
