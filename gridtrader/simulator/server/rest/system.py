"""`/v5/system/status`: what maintenance is announced (Bybit V5 docs, "Get System Status")."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gridtrader.simulator.server.params import MAX_NUMBER_LENGTH
from gridtrader.simulator.server.rest.call import Answer, Call, Endpoint

STATES = ("scheduled", "ongoing", "completed", "canceled")
TOPIC = "system.status"


class BadNotice(ValueError):
    """A notice that cannot be announced. The message says what is needed."""


def notice(values: Mapping[str, Any]) -> dict[str, object]:
    """Return the row of an announcement: `title`, `state`, `begin` and `end` (milliseconds). Raises BadNotice."""
    title, state = values.get("title", "maintenance"), values.get("state", STATES[0])
    if not isinstance(title, str) or state not in STATES:
        raise BadNotice(f"state: {state!r} is not known; allowed: {', '.join(STATES)}; and title must be a text")
    times = {name: str(values.get(name, "0")) for name in ("begin", "end")}
    for name, text in times.items():
        if not text.isdecimal() or len(text) > MAX_NUMBER_LENGTH:
            raise BadNotice(f"{name}: {text!r} is not a time; allowed: milliseconds since 1970")
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{title}{times}")),
        "title": title,
        "state": state,
        **times,
        "href": "",
        "serviceTypes": [2, 3, 4, 5],
        "product": [1, 2],
        "uidSuffix": [],
        "maintainType": 1,
        "env": 1,
    }


def status(call: Call) -> Answer:
    wanted = {name: call.params.text(name) for name in ("id", "state")}
    rows = [row for row in call.venue.notices if all(text in ("", row[name]) for name, text in wanted.items())]
    return Answer({"list": rows}, message="")


ENDPOINTS = (Endpoint("GET", "/v5/system/status", status),)
