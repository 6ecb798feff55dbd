"""Do to the letter what ``cors_explain`` advises, to the source and the settings of a site."""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

from django.test.utils import override_settings

from cors_views.browsing import PageRequest
from cors_views.management.explaining.advice_wording import Ask, Declare, Edit, Extend, Move
from cors_views.resolution.layer_order import Layer
from tests.management.commands import ROOT
from tests.tables import urlconf

FILE = "advised_views.py"
_OURS = ("cors_allow", "cors_deny", "cors_include")


@dataclasses.dataclass
class Site:
    """A module that holds views and their URLconf, and the settings."""

    source: str
    settings: dict[str, Any]

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        names: dict[str, Any] = {"__name__": "advised_views"}
        with override_settings(**self.settings):
            exec(compile(self.source, str(ROOT / FILE), "exec"), names)
            with urlconf(*names["urlpatterns"]):
                yield


def obey(site: Site, page: PageRequest, edit: Edit) -> tuple[Site, PageRequest]:
    """Return the site, and what the page asks, after somebody has done what is advised."""
    tree = ast.parse(site.source)
    changed = copy.deepcopy(site.settings)
    if isinstance(edit, Declare):
        _declare(tree, edit)
    elif isinstance(edit, Extend):
        _extend(tree, changed, edit)
    elif isinstance(edit, Move):
        changed["MIDDLEWARE"] = [
            edit.path,
            *(each for each in changed["MIDDLEWARE"] if each != edit.path),
        ]
    elif isinstance(edit, Ask):
        changes = dict(edit.changes)
        without: Any = changes.pop("without", ())
        headers = tuple(pair for pair in page.headers if pair[0].lower() not in without)
        page = page._replace(**changes, headers=headers)  # type: ignore[arg-type]
    else:
        raise AssertionError(f"Nobody can obey this: {edit}")
    if f"The page has to ask for {page.method.upper()!r}" in str(edit):
        page = page._replace(method=page.method.upper())
    return Site(ast.unparse(ast.fix_missing_locations(tree)), changed), page


def _expression(code: str) -> Any:
    return ast.parse(code, mode="eval").body


# --- Declare -----------------------------------------------------------------------------------


def _declare(tree: ast.Module, edit: Declare) -> None:
    spot = edit.spot
    if spot.layer is not None:
        return _replace(tree, spot.layer, edit.code)
    name = spot.target.rpartition(".")[2]
    if spot.kind == "entry":
        entry = _entry(tree, spot.target)
        entry.args[1] = ast.Call(_expression(edit.code), [entry.args[1]], [])
    elif spot.kind == "include":
        entry = _entry(tree, spot.target)
        new = _expression(edit.code)
        entry.args[1] = ast.Call(new.func, entry.args[1].args, new.keywords)
    elif spot.kind == "above":
        _definition(tree, name).decorator_list.insert(0, _expression(edit.code))
    else:
        _at_handler(tree, _definition(tree, name), edit)
    return None


def _at_handler(tree: ast.Module, view_class: Any, edit: Declare) -> None:
    spot = edit.spot
    if spot.subclass:
        assert f"a subclass of it for {spot.unit.here[0]} alone" in str(edit)
        entry = _entry(tree, spot.unit.here[0])
        name = f"{view_class.name}Alone"
        own: Any = ast.parse(f"class {name}({view_class.name}): pass").body[0]
        tree.body.insert(tree.body.index(view_class) + 1, own)
        for node in ast.walk(entry.args[1]):
            if getattr(node, "id", "") == view_class.name:
                node.id = name  # type: ignore[attr-defined]
        view_class = own
    handler = spot.unit.handler
    if spot.kind == "new":
        assert f"a {handler}() with @{edit.code} above it" in str(edit)
        function: Any = ast.parse(f"def {handler}(self, request): return answer(request)").body[0]
        function.decorator_list.insert(0, _expression(edit.code))
        view_class.body.append(function)
    else:
        _above_handler(view_class, handler, edit)


def _above_handler(view_class: Any, handler: str, edit: Declare) -> None:
    if f"above its {handler}" in str(edit):
        (function,) = [each for each in view_class.body if getattr(each, "name", "") == handler]
        function.decorator_list.insert(0, _expression(edit.code))
    else:
        code = f"method_decorator({edit.code}, name={handler!r})"
        assert f"@{code} above it" in str(edit)
        view_class.decorator_list.insert(0, _expression(code))


def _definition(tree: ast.Module, name: str) -> Any:
    (found,) = [each for each in tree.body if getattr(each, "name", "") == name]
    return found


def _entry(tree: ast.Module, route: str) -> Any:
    """Return the call of ``path()`` at a route, which is written from the root."""

    def found(node: Any, prefix: str) -> Iterator[Any]:
        for call in node.elts:
            at = prefix + call.args[0].value
            if at == route:
                yield call
            inner = getattr(call.args[1], "args", None) or [None]
            if isinstance(inner[0], ast.List):
                yield from found(inner[0], at)

    (patterns,) = [each for each in tree.body if _is_urlpatterns(each)]
    return next(found(patterns.value, "/"))  # type: ignore[attr-defined]


def _is_urlpatterns(node: Any) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "urlpatterns"


def _replace(tree: ast.Module, layer: Layer, code: str) -> None:
    if layer.applied.attribute:
        holder, key = _attribute(tree, layer)
        if isinstance(holder, ast.Dict):
            holder.values[key] = _expression(code)
        else:
            holder.value = _expression(code)
        return
    call, new = _call_at(tree, layer), _expression(code)
    if call.func.id == "cors_deny" and call.args:
        # cors_deny(view), as it is written in a URLconf.
        call.func = new
        return
    if call.func.id != "cors_include":
        call.func, call.args = new.func, new.args
    call.keywords = new.keywords


def _attribute(tree: ast.Module, layer: Layer) -> tuple[Any, int]:
    """Return what holds an attribute's policy: an assignment, or a dict and the index in it."""
    attribute, _, owner = layer.applied.attribute.partition(" of ")
    name, _, key = attribute.partition("[")
    for node in _definition(tree, owner).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            if not key:
                return node, 0
            keys: Any = node.value.keys  # type: ignore[attr-defined]
            return node.value, [each.value for each in keys].index(ast.literal_eval(key[:-1]))
    raise AssertionError(attribute)


def _call_at(tree: ast.Module, layer: Layer) -> Any:
    line = layer.declaration.place.line
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in _OURS
        and node.lineno == line
    ]
    (call,) = calls
    return call


# --- Extend ------------------------------------------------------------------------------------


def _extend(tree: ast.Module, settings: dict[str, Any], edit: Extend) -> None:
    values = [ast.literal_eval(value) for value in edit.values]
    if edit.source.layer is None:
        _extend_settings(settings, edit, values)
    elif edit.source.policy_name and "settings, CORS_POLICIES" in str(edit):
        policy = settings["CORS_POLICIES"][edit.source.policy_name]
        if values == [True]:
            policy[edit.field] = True
        else:
            policy[edit.field] = [*policy.get(edit.field, ()), *values]
    else:
        _extend_call(_policy_call(tree, edit.source.layer, edit.source.number), edit, values)


def _extend_settings(settings: dict[str, Any], edit: Extend, values: list[Any]) -> None:
    from django.conf import settings as configured

    from cors_views import defaults

    name = edit.source.setting
    assert name in str(edit)
    if values == [True]:
        settings[name] = True
        return
    default = {"CORS_ALLOW_HEADERS": "default_headers", "CORS_ALLOW_METHODS": "default_methods"}
    present = getattr(defaults, default[name]) if name in default else ()
    present = settings.get(name, getattr(configured, name, present))
    settings[name] = [*present, *values]


def _policy_call(tree: ast.Module, layer: Layer, number: int) -> Any:
    if layer.applied.attribute:
        holder, key = _attribute(tree, layer)
        held = holder.values[key] if isinstance(holder, ast.Dict) else holder.value
        return _constant(tree, held.elts[number] if isinstance(held, ast.List) else held)
    return _constant(tree, _argument(_call_at(tree, layer), number))


def _argument(call: Any, number: int) -> Any:
    if call.func.id == "cors_include":
        several = [each.value for each in call.keywords if each.arg == "policy"]
        return several[0].elts[number] if several and several[0].elts else call
    return call.args[number] if call.args and not call.keywords else call


def _constant(tree: ast.Module, held: Any) -> Any:
    """Return the value of a constant of the module; anything else is what it is."""
    if not isinstance(held, ast.Name):
        return held
    assigned = [each for each in tree.body if isinstance(each, ast.Assign)]
    (value,) = [each.value for each in assigned if getattr(each.targets[0], "id", "") == held.id]
    return value


def _extend_call(call: Any, edit: Extend, values: list[Any]) -> None:
    for keyword in call.keywords:
        if keyword.arg == edit.field:
            if values == [True]:
                keyword.value = ast.Constant(True)
                return
            if not isinstance(keyword.value, ast.List):
                keyword.value = ast.List([keyword.value], ast.Load())
            keyword.value.elts += [ast.Constant(value) for value in values]
            return
    value: Any = ast.List([ast.Constant(each) for each in values], ast.Load())
    call.keywords.append(ast.keyword(edit.field, ast.Constant(True) if values == [True] else value))
