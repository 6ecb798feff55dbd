"""Origins that look alike and are not the same to a browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cors_views.policies.patterns import Pattern
from cors_views.protocol.effective_policies import CompiledPolicy

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def misses(origin: str, policies: Iterable[CompiledPolicy]) -> list[str]:
    """Return what is admitted instead of an origin, and in what each differs, in words."""
    written = (each for policy in policies for each in policy.policy.origins or ())
    found = dict.fromkeys(each for each in written if isinstance(each, str))
    compared = [(each, list(_differences(origin, each))) for each in found if "://" in each]
    return [f"{each!r} ({', '.join(how)})" for each, how in compared if len(how) == 1 and how[0]]


def beginnings(origin: str, policies: Iterable[CompiledPolicy]) -> list[str]:
    """Return the regular expressions that match the beginning of an origin, and not all of it."""
    regexes = (each for policy in policies for each in policy.policy.origin_regexes or ())
    found = dict.fromkeys(each.pattern for each in regexes if each.match(origin))
    return [
        f"what r'{each}' matches completely (here it matches only the beginning)" for each in found
    ]


def _differences(origin: str, other: str) -> Iterator[str]:
    """Yield in what two origins differ; ``""`` for what makes them two different ones."""
    page, admitted = Pattern.of(origin), Pattern.of(other)
    if page.scheme != admitted.scheme:
        yield f"the scheme is {admitted.scheme}, not {page.scheme}"
    if page.host != admitted.host:
        yield _hosts(page.host, admitted)
    # Where the scheme differs, so does the default port.
    unlike = page.scheme != admitted.scheme and "" in (page.port, admitted.port)
    if page.port != admitted.port and not (admitted.any_port or unlike):
        yield f"the port is {_port(admitted)}, not {_port(page)}"


def _port(pattern: Pattern) -> str:
    return pattern.port or "the default one"


def _hosts(host: str, admitted: Pattern) -> str:
    named = admitted.host
    if host in _THIS_MACHINE and named in _THIS_MACHINE:
        return f"to a browser {named} and {host} are different hosts"
    if named in (f"www.{host}", host.removeprefix("www.")):
        return f"{'with' if named.startswith('www.') else 'without'} www."
    is_above = admitted.subdomains and admitted.domain == host
    return f"{named} matches only subdomains" if is_above else ""
