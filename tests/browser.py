"""A Chromium that tests drive as a person would, by its own protocol over a pipe: no driver, no port, no package."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)  # fmt: skip
AXE = Path(__file__).parent / "data" / "axe" / "axe.min.js"
SECONDS = 60.0
_COMMANDS, _ANSWERS = 3, 4  # the descriptors that Chromium reads and writes
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}


def find() -> str:
    """Return a Chromium; without one, skip on a laptop and fail in CI."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing = "Chromium is not installed: `apt-get install chromium`."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@dataclass
class Browser:
    """One page, what was said on its console, and the requests that its policy refused."""

    process: subprocess.Popen[bytes]
    commands: int
    answers: int
    session: str | None = None
    console: list[str] = field(default_factory=list)
    _number: int = 0
    _rest: bytes = b""
    _events: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path, width: int = 1280, height: int = 900) -> Iterator[Self]:
        """Start one with a profile in *folder*, and end it when the block ends."""
        read_commands, commands = os.pipe()
        answers, write_answers = os.pipe()
        # The shell gives the descriptors the numbers that Chromium looks for.
        told = f'exec "$@" {_COMMANDS}<&{read_commands} {_ANSWERS}>&{write_answers}'
        process = subprocess.Popen(
            ["bash", "-c", told, "bash", find(), *OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            pass_fds=(read_commands, write_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_commands)
        os.close(write_answers)
        browser = cls(process, commands, answers)
        try:
            browser._attach(width, height)
            yield browser
        finally:
            process.terminate()
            process.wait(timeout=30)
            os.close(commands)
            os.close(answers)

    def _attach(self, width: int, height: int) -> None:
        pages = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something, and return its answer."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        if self.session is not None:
            asked["sessionId"] = self.session
        os.write(self.commands, json.dumps(asked).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while True:
            message = self._next(end)
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def _next(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, end - time.monotonic()))
            assert ready, "The browser does not answer."
            self._rest += os.read(self.answers, 1 << 16)
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        self._events.append(message)
        what = message.get("params", {})
        match message.get("method"):
            case "Runtime.consoleAPICalled":
                self.console.append(" ".join(str(one.get("value", one.get("description"))) for one in what["args"]))
            case "Runtime.exceptionThrown":
                self.console.append(json.dumps(what["exceptionDetails"]))
            case "Log.entryAdded":
                self.console.append(f"{what['entry']['text']} {what['entry'].get('url', '')}")

    def forget(self) -> None:
        """Let what was loaded before not count."""
        self._events.clear()

    def weight(self) -> int:
        """Return how many bytes came over the wire since what was loaded before does not count, headers and all."""
        self.run("new Promise(done => setTimeout(done, 50))")
        ended = [one["params"] for one in self._events if one.get("method") == "Network.loadingFinished"]
        return int(sum(one["encodedDataLength"] for one in ended))

    def goto(self, url: str) -> int:
        """Go to *url*, wait until it is loaded, and return the status of the answer."""
        self.forget()
        self.call("Page.navigate", url=url)
        return self.loaded()

    def loaded(self) -> int:
        """Wait until the page that is on its way is loaded, and return the status of its answer."""
        end = time.monotonic() + SECONDS
        while not any(one.get("method") == "Page.loadEventFired" for one in self._events):
            self._next(end)
        statuses = [
            one["params"]["response"]["status"]
            for one in self._events
            if one.get("method") == "Network.responseReceived" and one["params"]["type"] == "Document"
        ]
        return int(statuses[-1])

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression in the page is true."""
        end = time.monotonic() + SECONDS
        while not self.run(script):
            assert time.monotonic() < end, f"It never came true: {script}"
            time.sleep(0.02)

    def fill(self, **fields: str) -> None:
        """Type into fields, by their names."""
        for name, text in fields.items():
            self.run(f"document.querySelector('[name={name}]:not([type=hidden])').focus()")
            self.call("Input.insertText", text=text)

    def submit(self, selector: str) -> int:
        """Press a button that leads to another page, and return the status of the answer."""
        self.forget()
        self.run(f"document.querySelector({json.dumps(selector)}).click()")
        return self.loaded()

    def press(self, key: str) -> None:
        """Press a key, as a hand does."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=_KEYS[key],
                **({"text": text} if text and kind == "keyDown" else {}),
            )  # fmt: skip

    def enter(self) -> int:
        """Press Enter where it leads to another page, and return the status of the answer."""
        self.forget()
        self.press("Enter")
        return self.loaded()

    def resize(self, width: int, height: int) -> None:
        """Make the window so large."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )  # fmt: skip

    def prefer(self, scheme: str) -> None:
        """Let the system be `light` or `dark`."""
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)

    def picture(self, path: Path) -> None:
        """Write the whole page as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def axe(self) -> list[str]:
        """Return the faults of accessibility that axe-core finds, each with the element."""
        self.call("Runtime.evaluate", expression=AXE.read_text(encoding="utf-8"))
        found = self.run("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))")
        return [
            f"{one['id']}: {node['html'][:200]} ({node['failureSummary'][:300]})"
            for one in json.loads(found)
            for node in one["nodes"]
        ]
