"""Origins that look alike and are not the same to a browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from cors_views.protocol.effective import CompiledPolicy

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def misses(origin: str, policies: Iterable[CompiledPolicy]) -> list[str]:
    """Return what is admitted instead of an origin, and in what each differs, in words."""
    written = (each for policy in policies for each in policy.policy.origins or ())
    found = dict.fromkeys(each for each in written if isinstance(each, str))
    told = [(each, list(_differences(origin, each))) for each in found if "://" in each]
    return [f"{each!r} ({', '.join(how)})" for each, how in told if len(how) == 1 and how[0]]


def beginnings(origin: str, policies: Iterable[CompiledPolicy]) -> list[str]:
    """Return the regular expressions that match the beginning of an origin, and not all of it."""
    regexes = (each for policy in policies for each in policy.policy.origin_regexes or ())
    found = dict.fromkeys(each.pattern for each in regexes if each.match(origin))
    return [f"what r'{each}' matches whole (here it is only a beginning)" for each in found]


def _differences(origin: str, other: str) -> Iterator[str]:
    """Yield in what two origins differ; ``""`` for what makes them two different ones."""
    (scheme, host, port), (others, named, numbered) = _parts(origin), _parts(other)
    if scheme != others:
        yield f"the scheme is {others}, not {scheme}"
    if host != named:
        yield _hosts(host, named)
    # Where the scheme differs, so does the default port.
    if port != numbered and numbered != "*" and not (scheme != others and "" in (port, numbered)):
        yield f"the port is {numbered or 'the default one'}, not {port or 'the default one'}"


def _hosts(host: str, named: str) -> str:
    if host in _THIS_MACHINE and named in _THIS_MACHINE:
        return f"to a browser {named} and {host} are two hosts"
    if named in (f"www.{host}", host.removeprefix("www.")):
        return f"{'with' if named.startswith('www.') else 'without'} www."
    return f"{named} stands for what is below it alone" if named == f"*.{host}" else ""


def _parts(origin: str) -> tuple[str, str, str]:
    parts = urlsplit(origin)
    host, bracket, rest = parts.netloc.partition("]")
    if bracket:
        return parts.scheme, host + bracket, rest.removeprefix(":")
    host, _, port = parts.netloc.partition(":")
    return parts.scheme, host, port
