"""One WebSocket connection over pybit, with one life: it opens once, ends once, and never reconnects by itself.

pybit's own class connects without time limits, reconnects in its reader thread, and dies silently there of any
exception: of a callback, of its parser, of a refused connection. Here its signing and its routing of control messages
stay; connecting, ending and every path an exception could take are ours. The reader thread does all the sending, so
that no two threads are ever inside one TLS connection.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from uuid import uuid4

from pybit._http_manager import generate_signature
from pybit.unified_trading import WebSocket

from gridtrader.engine.ports import Clock
from gridtrader.exchange import link
from gridtrader.exchange.credentials import ApiKey
from gridtrader.exchange.deadlines import cut
from gridtrader.exchange.dial import dial
from gridtrader.exchange.link import Link
from gridtrader.exchange.settings import EdgeSettings

_SHOWN: Final = 300


class Listener(Protocol):
    """What a connection tells its owner, in the reader thread. An exception of it is logged and changes nothing."""

    def ready(self) -> None:
        """Connected, authenticated, subscribed and acknowledged; all messages of the topics follow."""
        ...

    def message(self, message: Mapping[str, object], text: str) -> None:
        """Take one push of a topic, and the text it was made of."""
        ...

    def garbage(self, text: str, reason: str) -> None:
        """Take a message that is no JSON object, or belongs to nothing."""
        ...

    def ended(self) -> None:
        """The connection is lost; `Stream.failure` says why. Told at most once, and not after `close`."""
        ...


class Stream(WebSocket):
    """`open` it once; `close` it, from any thread, when it is not wanted or has ended."""

    def __init__(
        self,
        url: str,
        key: ApiKey | None,
        topics: Sequence[str],
        listener: Listener,
        settings: EdgeSettings,
        clock: Clock,
        now_ms: Callable[[], int],
        log: logging.Logger,
        name: str,
    ) -> None:
        """`now_ms` is the exchange's time, for the signature; `name` is that of the thread."""
        self._url = url
        self._topics = list(topics)
        self._listener = listener
        self._settings = settings
        self._clock = clock
        self._now_ms = now_ms
        self._log = log
        self._name = name
        self._mask = key.mask if key else str
        self._sock: Any = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._is_ready = False
        self._last_ping = 0.0
        self._request = ""
        self.failure = ""
        self.last_message = clock.monotonic()
        super().__init__(
            channel_type="private" if key else "linear",
            testnet=False,
            api_key=key.key if key else None,
            api_secret=key.secret if key else None,
            restart_on_error=False,
        )

    def __repr__(self) -> str:
        return f"Stream({self._url}, {', '.join(self._topics)})"

    @property
    def is_ready(self) -> bool:
        """Whether the subscription is acknowledged and the connection has not ended."""
        return self._is_ready and not self._is_closed and not self.failure

    def open(self) -> None:
        """Connect, and let the reader thread go on from there; `Listener.ready` tells when all is done.

        Returns within the connect timeout. Raises OSError or ValueError if not even the connection comes about.
        """
        sock = dial(self._url, self._settings.connect_timeout_s, self._settings.silence_s)
        with self._lock:
            self._sock = sock
            if self._is_closed:
                sock.close()
                return
        self._link = Link(self._settings.max_message_bytes)
        self.wst = threading.Thread(target=self._read, name=self._name, daemon=True)
        self.wst.start()

    def close(self) -> None:
        """End the connection for good and wait, a bounded time, for its thread. Nothing is told any more."""
        with self._lock:
            self._is_closed = True
            sock = self._sock
        if sock is None:
            return
        cut(sock)
        thread = getattr(self, "wst", None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(self._settings.exit_timeout_s)
            if thread.is_alive():
                self._log.warning("%s: its thread has not ended and is left behind, mute", self._name)
        sock.close()

    # --- the reader thread ---

    def _read(self) -> None:
        try:
            self._link.begin(self._url, self._sock)
            self._on_open()
            while not self._is_over:
                if self._link.wait(min(self._settings.check_s, self._settings.ping_interval_s)):
                    self._take(*self._link.receive())
                self._tick()
        except Exception as error:  # noqa: BLE001  # whatever it is, the owner must hear of it
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            self._sock.close()

    @property
    def _is_over(self) -> bool:
        return self._is_closed or bool(self.failure)

    def _take(self, opcode: int, content: bytes) -> None:
        if opcode in (link.TEXT, link.BINARY):
            self._on_message(content)
        elif opcode == link.CLOSE:
            self._end(link.close_reason(content))
        elif opcode == link.PONG:
            self._on_pong()

    def _fail(self, reason: str) -> None:
        """Take the first reason, and tell the owner once."""
        with self._lock:
            if self._is_closed or self.failure:
                return
            self.failure = self._mask(reason)[:_SHOWN] or "no reason"
        self._guard(self._listener.ended)

    def _guard(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            call(*arguments)
        except Exception:  # noqa: BLE001  # the connection outlives the mistakes of its owner
            self._log.exception("%s: a listener failed", self._name)

    def _tick(self) -> None:
        """Send the ping when it is due."""
        now = self._clock.monotonic()
        if now - self._last_ping >= self._settings.ping_interval_s:
            self._last_ping = now
            self._link.send(self.custom_ping_message)

    # --- what pybit calls, or would do otherwise ---

    def _connect(self, url: str) -> None:  # noqa: ARG002  # pybit's signature
        """Do nothing: the constructor calls this, `open` connects."""
        self.endpoint = self._url

    def _on_open(self) -> None:
        self._last_ping = self._clock.monotonic()
        if self.api_key:
            self._auth()
        else:
            self._subscribe()

    def _auth(self) -> None:
        expires = self._now_ms() + int(self._settings.auth_validity_s * 1000)
        signature = generate_signature(False, self.api_secret, f"GET/realtime{expires}")  # type: ignore[no-untyped-call]
        self._link.send(json.dumps({"op": "auth", "args": [self.api_key, expires, signature]}))

    def _subscribe(self) -> None:
        """Ask for all topics at once. The request is remembered before: its answer may come within microseconds."""
        self._request = str(uuid4())
        self._link.send(json.dumps({"op": "subscribe", "req_id": self._request, "args": self._topics}))

    def _on_message(self, message: bytes | str) -> None:
        self.last_message = self._clock.monotonic()
        text = ""
        try:
            text = message.decode() if isinstance(message, bytes) else message
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            self._guard(self._listener.garbage, text or repr(message[:_SHOWN]), f"not JSON: {error}")
            return
        if not isinstance(content, dict):
            self._guard(self._listener.garbage, text, "not a JSON object")
        elif "topic" in content:
            self._guard(self._listener.message, content, text)
        elif not self._is_custom_pong(content):  # type: ignore[no-untyped-call]
            self._log.info("%s: %s", self._name, self._mask(text)[:_SHOWN])
            self._handle_incoming_message(content)  # type: ignore[no-untyped-call]

    def _process_auth_message(self, message: Mapping[str, object]) -> None:
        if message.get("success") is True:
            self.auth = True
            self._subscribe()
        elif message.get("success") is not False:
            self._process_normal_message(message)
        else:
            self._end(f"login refused: {message.get('ret_msg')}")

    def _process_subscription_message(self, message: Mapping[str, object]) -> None:
        if message.get("req_id") not in (self._request, "", None):
            shown = self._mask(json.dumps(message))[:_SHOWN]
            self._log.warning("%s: an answer to a request that is not ours: %s", self._name, shown)
        elif message.get("success") is not True:
            self._end(f"subscription refused: {message.get('ret_msg')}")
        elif not self._is_ready:
            self._is_ready = True
            self._guard(self._listener.ready)

    def _process_normal_message(self, message: Mapping[str, object]) -> None:
        """Take a control message that has no meaning."""
        if message.get("success") is False and not self._is_ready:
            self._end(f"refused: {message.get('ret_msg')}")
        else:
            self._guard(self._listener.garbage, json.dumps(message), "a message without a topic")

    def _on_error(self, error: BaseException) -> None:
        """Take what pybit means to throw; never raise, never reconnect."""
        self._end(f"{type(error).__name__}: {error}")

    def _end(self, reason: str) -> None:
        self._fail(reason)
        with self._lock:
            sock = self._sock
        cut(sock)

    def _on_pong(self) -> None:
        """Take a protocol pong as a sign of life; pybit would answer it with a ping of its own."""
        self.last_message = self._clock.monotonic()

    def _send_initial_ping(self) -> None:
        """Start no timer: `_tick` pings."""

    def exit(self) -> None:
        """Close; pybit's own waits without a limit for the other end."""
        self.close()
