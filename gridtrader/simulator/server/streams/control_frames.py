"""Requests and replies that steer a stream: auth, subscribe, unsubscribe, ping (Bybit V5 docs, "Connect")."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

Frame = dict[str, object]


class BadRequest(Exception):
    """A request that is refused; the message is the `ret_msg` of the answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """A client's request; `req_id` None means that none was sent."""

    op: str
    req_id: str | None
    args: object

    def topics(self) -> list[str]:
        """Return `args` as a list of topics. Raises BadRequest."""
        args = self.args
        if not isinstance(args, list) or not args or not all(isinstance(topic, str) for topic in args):
            raise BadRequest("Params Error")
        return args


def read(text: str) -> Request:
    """Read a request. Raises BadRequest for what is none."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not isinstance(values.get("op"), str):
        raise BadRequest("Params Error")
    req_id = values.get("req_id")
    return Request(values["op"], None if req_id is None else str(req_id), values.get("args"))


def refuse_known(topics: Iterable[str], known: Iterable[str]) -> None:
    """Raise BadRequest for the first topic that is subscribed already (or twice in one request)."""
    seen = set(known)
    for topic in topics:
        if topic in seen:
            raise BadRequest(f"error:already subscribed,topic:{topic}")
        seen.add(topic)


def private_reply(request: Request | None, conn_id: str, *, success: bool, message: str) -> Frame:
    """Return the reply of the private stream: `req_id` comes first, and only where one was sent."""
    frame: Frame = {} if request is None or request.req_id is None else {"req_id": request.req_id}
    return frame | {
        "success": success,
        "ret_msg": message,
        "op": "" if request is None else request.op,
        "conn_id": conn_id,
    }


def public_reply(request: Request | None, conn_id: str, *, success: bool, message: str) -> Frame:
    """Return the reply of the public stream: `req_id` is always there, empty where none was sent."""
    return {
        "success": success,
        "ret_msg": message,
        "conn_id": conn_id,
        "req_id": (request.req_id if request else None) or "",
        "op": "" if request is None else request.op,
    }


def private_pong(request: Request, conn_id: str, now: int) -> Frame:
    """Return the answer to a text ping on the private stream."""
    frame: Frame = {} if request.req_id is None else {"req_id": request.req_id}
    return frame | {"op": "pong", "args": [str(now)], "conn_id": conn_id}


def public_pong(request: Request, conn_id: str) -> Frame:
    """Return the answer to a text ping on the public stream: its `op` is "ping"."""
    return {"success": True, "ret_msg": "pong", "conn_id": conn_id, "req_id": request.req_id or "", "op": "ping"}
