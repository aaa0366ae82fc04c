"""A real browser for the tests: Chromium without a window or a network, driven by its DevTools protocol."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import websocket

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
DEADLINE_S: Final = 60
_LISTENING: Final = re.compile(r"DevTools listening on (ws://\S+)")
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--remote-debugging-port=0",
)


def installed() -> str | None:
    """Return the path of a Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab: what it shows, what it says, what it asks the network for."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self._numbers = iter(range(1, 1_000_000))
        self._events: list[dict[str, Any]] = []
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self._call("Network.emulateNetworkConditions", **offline)

    def look(self, width: int, height: int, *, is_dark: bool, is_phone: bool) -> None:
        """Be a screen of that size in CSS pixels, of somebody who likes it dark or light."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if is_phone else 1,
            mobile=is_phone,
        )
        self._call("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, path: Path) -> None:
        """Load a file and wait until it is drawn."""
        self._events.clear()
        self._call("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._take()
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        twice = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
        self.run(twice)

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        reply = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in reply, reply
        return reply["result"].get("value")

    def screenshot(self) -> bytes:
        """Return a picture (PNG) of what the screen shows."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def thumbnail(self, width: int, height: int) -> bytes:
        """Return the upper left part of the page, of that size, at a fourth of it."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 0.25}
        return base64.b64decode(self._call("Page.captureScreenshot", format="png", clip=clip)["data"])

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Move or press the mouse at a place of the screen."""
        self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """Put fingers on the screen, move them, or take them off."""
        self._call("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in points])

    @property
    def complaints(self) -> list[str]:
        """Everything the page has told the console, and every uncaught error."""
        loud = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [json.dumps(event["params"])[:500] for event in self._events if event["method"] in loud]

    @property
    def requests(self) -> list[str]:
        """What has been asked for since the page was opened."""
        asked = (event for event in self._events if event["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in asked]

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            reply = self._take()
            if reply.get("id") == number:
                assert "error" not in reply, (method, reply)
                result: dict[str, Any] = reply["result"]
                return result

    def _take(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv())
        if "method" in message:
            self._events.append(message)
        return message


@contextmanager
def opened() -> Iterator[Page]:
    """Start a browser with a profile of its own, and end it."""
    program = installed()
    assert program, "no Chromium is installed"
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stderr is not None
                found = next((match for line in process.stderr if (match := _LISTENING.search(line))), None)
                assert found, "the browser did not start"
                socket = websocket.create_connection(found[1], timeout=DEADLINE_S, suppress_origin=True)
                try:
                    yield Page(socket)
                finally:
                    socket.close()
            finally:
                process.kill()
