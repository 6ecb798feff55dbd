"""Policies as the code that declares them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cors_views import conf
from cors_views.declarations.marks import Declaration, wrapped
from cors_views.defaults import default_headers
from cors_views.inspection.policies_in_use import sources_of
from cors_views.management.overview.rows import in_order
from cors_views.policies.fields import FIELDS, INHERITED
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy
from cors_views.resolution.combining_layers import default_methods
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.wrapped_views import ViewInfo
from cors_views.standard.methods import SAFELISTED_METHODS

#: A policy as code: a name of ``CORS_POLICIES`` in quotes, or the code of each field.
Item = str | Mapping[str, str]

#: So many origins can be repeated where somebody has to type them.
_LONGEST = 6


def arguments(items: Sequence[Item]) -> str:
    """Return what stands between the brackets of ``cors_allow``."""
    if len(items) == 1 and not isinstance(items[0], str):
        return _keywords(items[0])
    return ", ".join(map(_positional, items))


def value(items: Sequence[Item]) -> str:
    """Return what stands for ``cors_policy`` or for ``policy=``."""
    listed = ", ".join(map(_positional, items))
    return f"[{listed}]" if len(items) > 1 else listed


def include_arguments(items: Sequence[Item]) -> str:
    """Return what stands behind the URLconf within the brackets of ``cors_include``."""
    if len(items) == 1 and not isinstance(items[0], str):
        return ("policy=" if "" in items[0] else "") + _keywords(items[0])
    return f"policy={value(items)}"


def _positional(item: Item) -> str:
    return item if isinstance(item, str) else f"CorsPolicy({_keywords(item)})"


def _keywords(fields: Mapping[str, str]) -> str:
    code = [f"{name}={fields[name]}" for name in FIELDS if name in fields]
    return ", ".join([fields[""], *code] if "" in fields else code)


def listed(names: Iterable[str]) -> str:
    """Return a list of names as code."""
    return f"[{', '.join(map(repr, names))}]"


def _code(value: Any) -> str:
    """Return what a field holds as code, be it names or one value."""
    return repr(value) if isinstance(value, (bool, int)) else listed(value)


def extended_headers(present: Sequence[str], names: Sequence[str]) -> str:
    """Return the list of headers that are there and some more, without repeating the default."""
    if tuple(present) == default_headers:
        return f"[*default_headers, {', '.join(map(repr, names))}]"
    return listed((*present, *names))


# --- Policies that govern ----------------------------------------------------------------------


def offered_at(view: ViewInfo, served: frozenset[str] | None) -> frozenset[str]:
    """Return what a declaration offers that names no methods.

    ``served`` are the methods of the handler that it stands on, ``None`` where it stands on none.
    """
    if served is not None:
        return served
    return frozenset(default_methods(conf.cors_settings(), view))


def effective_fields(
    effective: EffectivePolicy,
    number: int,
    offered: frozenset[str],
    *,
    on_handler: bool,
    by_name: bool = True,
) -> Item | None:
    """Return a policy that governs as the code that declares it at a nearer place, or ``None``.

    ``None`` where nobody would write it out: a callable without a name, a long list.
    """
    compiled = effective.policies[number]
    keeps = offered - SAFELISTED_METHODS <= compiled.methods or "*" in compiled.methods
    named = _name(effective, number) if by_name else ""
    if named and (keeps or conf.policy(named).methods is not None or not on_handler):
        return repr(named)
    trusted = _trusted(effective, compiled)
    if trusted is None:
        return None
    fields = {**trusted, **_differing(compiled)}
    # What declares nothing is offered what the settings name, whatever the view serves.
    if not (keeps if on_handler else effective.undeclared or compiled.methods == offered):
        fields["methods"] = listed(in_order(compiled.methods))
    return _consistent(fields, {})


def _name(effective: EffectivePolicy, number: int) -> str:
    """Return the name in ``CORS_POLICIES`` of a policy that nothing has refined."""
    source = sources_of(effective, number)["origins"]
    plain = source.layer is not None and not source.layer.declaration.fields
    return source.policy_name if plain and len(effective.counting_layers) == 1 else ""


def _trusted(effective: EffectivePolicy, compiled: CompiledPolicy) -> dict[str, str] | None:
    policy = compiled.policy
    origins = _origins(policy, of_settings=effective.signal)
    regexes = policy.origin_regexes or ()
    if origins is None or len(regexes) > _LONGEST:
        return None
    fields = {"origins": origins} if policy.origins or not regexes else {}
    if regexes:
        fields["origin_regexes"] = f"[{', '.join(map(_regex, regexes))}]"
    if policy.credentials and "*" not in (policy.origins or ()):
        fields["credentials"] = "True"
    if policy.private_network:
        fields["private_network"] = "True"
    return fields


def _origins(policy: CorsPolicy, *, of_settings: bool = False) -> str | None:
    if policy.any_origin:
        return "'*'"
    origins = policy.origins or ()
    if len(origins) > _LONGEST:
        name = conf.name_in_use("CORS_ALLOWED_ORIGINS")
        return f"[*settings.{name}]" if of_settings and _is_clean(name) else None
    codes = [_origin(origin) for origin in origins]
    return None if None in codes else f"[{', '.join(map(str, codes))}]"


def _is_clean(setting: str) -> bool:
    return not any(problem.field == setting for problem in conf.cors_settings().problems)


def _origin(origin: Any) -> str | None:
    if isinstance(origin, str):
        return repr(origin)
    *_, innermost = wrapped(origin)
    name = getattr(innermost, "__qualname__", "<")
    return None if "<" in name else str(name)


def _regex(regex: re.Pattern[str]) -> str:
    return repr(regex if regex.flags & ~re.UNICODE else regex.pattern)


def _differing(compiled: CompiledPolicy) -> dict[str, str]:
    policy, base = compiled.policy, conf.cors_settings().base
    fields = {
        name: _code(getattr(policy, name) or ())
        for name in INHERITED
        if name not in ("methods", "max_age") and getattr(policy, name) != getattr(base, name)
    }
    if compiled.own_max_age:
        fields["max_age"] = str(policy.max_age)
    return fields


def admits_nobody(item: Item) -> bool:
    """Return whether a policy that is written out names no origin at all."""
    if isinstance(item, str) or "origin_regexes" in item:
        return False
    return item.get("origins", "[]") == "[]"


def with_origin(item: Item, origin: str) -> Item:
    """Return a policy that admits one origin more."""
    fields = dict(item) if not isinstance(item, str) else {}
    present = fields.get("origins", "[]").removeprefix("[").removesuffix("]")
    fields["origins"] = f"[{', '.join(filter(None, (present, repr(origin))))}]"
    return fields


def for_one(fields: Mapping[str, str], origin: str, *, credentials: bool) -> dict[str, str]:
    """Return a policy for one origin alone that otherwise is as another one."""
    one = {name: fields[name] for name in INHERITED if name in fields}
    return _consistent({**one, "origins": listed([origin])}, {"credentials": credentials})


def _consistent(fields: dict[str, str], changes: Mapping[str, object]) -> dict[str, str]:
    """Return fields with some changed, without an ``expose_headers`` that credentials forbid."""
    fields = {**fields, **{name: str(code) for name, code in changes.items() if code}}
    if fields.get("credentials") == "True" and "'*'" in fields.get("expose_headers", ""):
        del fields["expose_headers"]
    return fields


# --- Declarations as they are written ----------------------------------------------------------


def written(layer: Layer, changes: Mapping[str, str]) -> Item | None:
    """Return what one declaration says, with some fields changed; ``None`` where it names several.

    Whoever names a policy of ``CORS_POLICIES`` writes the fields beside the name.
    """
    if len(layer.declaration.policies) != 1:
        return None
    (policy,) = layer.declaration.policies
    fields = dict(layer.declaration.fields)
    if isinstance(policy, str):
        code = _written_fields(fields)
        # An attribute holds a name or a policy, and not a name with fields.
        return (
            None
            if code is None or layer.applied.attribute
            else {**code, **changes, "": repr(policy)}
        )
    code = _written_fields({**policy.set_fields(), **fields})
    return None if code is None else _consistent(code, changes)


def _written_fields(values: Mapping[str, Any]) -> dict[str, str] | None:
    code: dict[str, str] = {}
    for name, given in values.items():
        if name == "origins":
            origins = _origins(CorsPolicy(origins=given))
            if origins is None:
                return None
            code[name] = origins
        elif name == "origin_regexes":
            code[name] = f"[{', '.join(map(_regex, given))}]"
        else:
            code[name] = _code(given)
    return code


def declared(declaration: Declaration) -> list[Item] | None:
    """Return the policies of a declaration as code, ``None`` where nobody would write them out."""
    items: list[Item] = []
    for policy in declaration.policies:
        fields = dict(declaration.fields)
        if isinstance(policy, str) and not fields:
            items.append(repr(policy))
            continue
        set_fields = {} if isinstance(policy, str) else policy.set_fields()
        code = _written_fields({**set_fields, **fields})
        if code is None:
            return None
        items.append({**code, "": repr(policy)} if isinstance(policy, str) else code)
    return items
