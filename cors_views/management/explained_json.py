"""An exchange between a browser and the site as JSON, whose shape ``schemas/`` describes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from cors_views.browsing import Exchange
from cors_views.management import transcript
from cors_views.management.explaining.advice_by_reason import Advice
from cors_views.management.explaining.page_calls import Played
from cors_views.management.live.live_calls import LiveCall
from cors_views.management.overview import wording
from cors_views.management.overview.json_format import declared_at
from cors_views.management.overview.rows import deciding_row
from cors_views.management.overview.view_names import view_name
from cors_views.management.site_requests import Answered
from cors_views.resolution.route_names import route_name

#: The version of the JSON's shape; it changes where a field changes its meaning or goes.
VERSION = 1


def as_json(
    played: Played | LiveCall,
    assumed: Sequence[str],
    notes: Iterable[str],
    change: Advice | None,
    differences: Sequence[str] | None = None,
) -> str:
    """Return what came of a call of a page.

    ``assumed`` says of each response why it is taken for granted, ``notes`` what stands beside the
    verdict, ``change`` what to do about a refusal. ``differences`` are those of what is deployed.
    """
    page, verdict = played.page, played.verdict
    # What is not asked for, of somebody whom the code does not know, has no verdict.
    guessed = isinstance(played, LiveCall) and played.is_guessed
    first = played.server.answered[0].pattern_path
    document = {
        "version": VERSION,
        "origin": page.origin,
        "method": page.method,
        "url": page.url,
        "credentials": page.credentials == "include",
        "route": route_name(first) if first else None,
        "view": view_name(first) if first else None,
        "verdict": "unknown"
        if played.is_elsewhere or guessed
        else "refused"
        if verdict.reason
        else "readable",
        "reason": verdict.reason.name if verdict.reason and not guessed else None,
        "missing": list(verdict.missing),
        "status": None if guessed else verdict.status or None,
        "redirected_to": verdict.url if verdict.redirected else None,
        "decided": _decided(played.server.answered[-1]),
        "steps": [
            {
                "check": step.check.value,
                "passed": step.passed,
                "detail": step.detail,
                "after": step.after,
            }
            for step in verdict.steps
        ],
        "exchanges": [
            _exchange(exchange, taken or None)
            for exchange, taken in zip(
                verdict.exchanges, [*assumed, *[""] * len(verdict.exchanges)]
            )
        ],
        "notes": list(notes),
        "change": str(change.first) if change else None,
        "or_change": [str(other) for other in change.others] if change else [],
        "near": list(change.near) if change else [],
        "live": differences is not None,
        "differences": list(differences or ()),
    }
    # In ASCII: a site may send what a terminal obeys.
    return json.dumps(document, indent=2)


def _decided(answered: Answered) -> dict[str, Any] | None:
    """Return what decides in this code, if the middleware saw the request."""
    if answered.decided is None:
        return None
    effective = answered.decided.effective
    row = deciding_row(answered.pattern_path, effective)
    return {
        "by": transcript.decided_by(effective),
        "layer": wording.layer(row),
        "policy": wording.policy_name(row) or None,
        "declared_at": declared_at(row, lines=True),
        "enforced": bool(answered.decided.enforced),
    }


def _exchange(exchange: Exchange, assumed: str | None) -> dict[str, Any]:
    sent, received = exchange
    return {
        "kind": sent.kind,
        "method": sent.method,
        "url": sent.url,
        "headers": [[name, transcript.shown_value(name, value)] for name, value in sent.headers],
        "credentials": sent.credentials,
        "response": None
        if received is None
        else {
            "status": received.status,
            "headers": [
                [name, value]
                for name, value in received.headers
                if name.lower() in transcript.SHOWN
            ],
            "assumed": assumed,
        },
    }
