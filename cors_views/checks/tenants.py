"""What chooses the URLconf or the tenant of a request, and stands below the middleware.

A preflight is answered before anything below runs, so it is judged without that choice.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.utils.module_loading import import_string

from cors_views.declarations.marks import anything_applied, wrapped
from cors_views.inspection.policies_in_use import PolicyInUse, listed
from cors_views.middleware import CorsMiddleware
from cors_views.policies.origin_sets import LoadedOrigins
from cors_views.signals import check_request_enabled

#: Middlewares of well-known packages that choose one of them, wherever their subclasses stand.
_KNOWN = {
    "django_hosts.middleware.HostsRequestMiddleware": "urlconf",
    "django_multitenant.middlewares.MultitenantMiddleware": "tenant",
    "django_tenants.middleware.default.DefaultTenantMiddleware": "tenant",
    "django_tenants.middleware.main.TenantMainMiddleware": "tenant",
    "django_tenants.middleware.subfolder.TenantSubfolderMiddleware": "tenant",
    "django_tenants.middleware.suspicious.SuspiciousTenantMiddleware": "tenant",
    "subdomains.middleware.SubdomainURLRoutingMiddleware": "urlconf",
    "tenant_schemas.middleware.BaseTenantMiddleware": "tenant",
    "tenant_schemas.middleware.DefaultTenantMiddleware": "tenant",
    "tenant_schemas.middleware.SuspiciousTenantMiddleware": "tenant",
    "tenant_schemas.middleware.TenantMiddleware": "tenant",
}
#: What the packages for tenants are told, and so what a site's own middleware calls.
_CHOOSE_A_TENANT = frozenset({"set_current_tenant", "set_schema", "set_tenant"})


def check_choosers(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report what chooses the URLconf or the tenant after a preflight was answered."""
    paths = [path for path in settings.MIDDLEWARE if isinstance(path, str)]
    classes = [class_of(path) for path in paths]
    ours = [i for i, each in enumerate(classes) if is_ours(each)][:1]
    for first in ours:
        for path, found in list(zip(paths, classes))[first + 1 :]:
            chosen = chosen_by(path, found)
            hint = f'Move "{path}" above "{paths[first]}" in MIDDLEWARE.'
            if chosen == "urlconf" and anything_applied():
                yield Warning(
                    f"{path} chooses the URLconf of a request, but stands below CorsMiddleware, "
                    "which answers a preflight before that, by the policies of ROOT_URLCONF.",
                    hint=hint,
                    id="cors_views.W053",
                )
            elif chosen == "tenant" and (consulted := _consulted(in_use)):
                yield Warning(
                    f"{path} chooses the tenant of a request, but stands below CorsMiddleware: "
                    f"a preflight is decided before that, by {listed(consulted)}, which may see "
                    "the tenant of an earlier request.",
                    hint=hint,
                    id="cors_views.W053",
                )


def _consulted(in_use: Iterable[PolicyInUse]) -> list[str]:
    """Return the names of those that decide for each request: callables, and receivers."""
    # What CachedOrigins have loaded is the same for every tenant.
    callables = [each for use in in_use for each in use.compiled.origins.callables]
    names = [_name(each) for each in callables if not isinstance(each, LoadedOrigins)]
    signal = any(use.effective.signal for use in in_use) and check_request_enabled.receivers
    return sorted({*names, *(["the receivers of check_request_enabled"] if signal else [])})


def _name(question: Any) -> str:
    *_, innermost = wrapped(question)
    return str(getattr(innermost, "__qualname__", type(innermost).__qualname__))


def class_of(path: str) -> Any:
    """Return what a path of ``MIDDLEWARE`` names, or ``None`` where it cannot be imported."""
    try:
        return import_string(path)
    except Exception:  # whatever a module raises while it is imported is Django's to report
        return None


def is_ours(found: Any) -> bool:
    """Return whether something is ``CorsMiddleware``, or a subclass of it."""
    return isinstance(found, type) and issubclass(found, CorsMiddleware)


def names_of(found: Any) -> list[str]:
    """Return the dotted names of a class and of its bases; none of anything else."""
    return [f"{base.__module__}.{base.__qualname__}" for base in getattr(found, "__mro__", ())]


def chosen_by(path: str, found: Any) -> str:
    """Return what a middleware chooses: ``urlconf``, ``tenant``, or nothing that is known."""
    for name in (path, *names_of(found)):
        if name in _KNOWN:
            return _KNOWN[name]
    written: tuple[Any, ...] = found.__mro__ if isinstance(found, type) else (found,)
    chosen = {choice for each in written if _is_of_a_site(each) for choice in _written_in(each)}
    # Whoever chooses both has a tenant for each URLconf.
    return max(chosen, default="")


def _is_of_a_site(found: Any) -> bool:
    is_code = inspect.isroutine(found) or inspect.isclass(found)
    return is_code and not found.__module__.startswith(("django.", "builtins"))


@functools.lru_cache(maxsize=64)
def _written_in(found: Any) -> frozenset[str]:
    """Return what the source of a middleware says that it chooses, as far as it has any."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(found)))
    except (OSError, TypeError, SyntaxError):
        return frozenset()
    return frozenset(filter(None, map(_choice, ast.walk(tree))))


def _choice(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return "tenant" if called in _CHOOSE_A_TENANT else ""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        holder = node.value
        if isinstance(holder, ast.Name) and holder.id == "request" and node.attr == "urlconf":
            return "urlconf"
    return ""
