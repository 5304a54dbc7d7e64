"""The browser of one user: what the user sees and does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Response,
    WebSocket,
    expect,
)

from tests.support.frame_history import new_history
from tests.support.frame_schema import Json, NotInDocumentError, client_frames, server_frames

TIMEOUT = 20.0  # s

# Errors of the network. Tests that cut the connection expect them, and wrong responses
# of the server are checked as responses.
NETWORK_ERRORS = ("Failed to load resource", "WebSocket connection to")
# What Playwright itself says in a session without service workers.
BLOCKED_WORKER = "Service Worker registration blocked by Playwright"
REPORT_VIOLATIONS = """
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error(`CSP: ${violatedDirective} ${blockedURI}`));
"""


LAST_PART_IS_REQUESTED = """() => performance.getEntriesByType('resource')
  .some(({ name }) => name.includes('AccountPage'))"""


class BrowserSession:
    """A page with its own cookies. `errors` collects everything that goes wrong in it."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.errors: list[str] = []
        self.loads = 0
        context.add_init_script(REPORT_VIOLATIONS)
        self.page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("response", self._on_response)
        self.page.on("load", lambda _: self._on_load())
        self.page.on("websocket", self._on_websocket)

    def close(self) -> None:
        self.context.close()

    def open(self, path: str) -> BrowserSession:
        """Open the page of a list, and wait until it is live and reads typed lines."""
        self.page.goto(path)
        expect(self.item_field).to_have_role("combobox")
        self.wait_until_live()
        return self

    def wait_until_loaded(self) -> None:
        """Wait until no part of the app is on its way: all are loaded after the page."""
        self.page.wait_for_function(LAST_PART_IS_REQUESTED)
        self.page.wait_for_load_state("networkidle")

    def wait_until_installed(self) -> None:
        """Wait until the service worker controls the page."""
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def open_by_key(self, key: str, name: str) -> None:
        """Press a key until its dialog is open: the keys are loaded after the page."""
        dialog = self.page.get_by_role("dialog", name=name)
        while not dialog.is_visible():
            self.page.keyboard.press(key)

    def wait_until_live(self) -> None:
        """Wait until the page is connected and has sent every edit."""
        expect(self.main.locator(".badge")).to_have_text("Live")

    @property
    def main(self) -> Locator:
        """The main region of the page."""
        return self.page.get_by_role("main")

    @property
    def item_field(self) -> Locator:
        """The field that adds items."""
        return self.page.get_by_label("Add an item")

    def checkbox(self, name: str) -> Locator:
        """Find the checkbox of an item, also if it is hidden."""
        return self.main.get_by_role("checkbox", name=name, exact=True, include_hidden=True)

    def add(self, name: str) -> None:
        self.item_field.fill(name)
        self.item_field.press("Enter")

    def paste(self, text: str) -> None:
        """Paste into the field, without the clipboard of the system."""
        self.item_field.evaluate(
            """(field, text) => {
                const clipboardData = new DataTransfer();
                clipboardData.setData('text/plain', text);
                const how = { clipboardData, bubbles: true, cancelable: true };
                field.dispatchEvent(new ClipboardEvent('paste', how));
            }""",
            text,
        )

    @contextmanager
    def finger_on(self, target: Locator) -> Iterator[None]:
        """Keep a finger on an element, near its start, until the end of the block."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        touch = self.context.new_cdp_session(self.page)
        points = [{"x": box["x"] + 40, "y": box["y"] + 20}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
        yield
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def tick(self, name: str) -> None:
        self.checkbox(name).check()

    def rename(self, name: str, to: str) -> None:
        self.main.get_by_role("button", name=f"Edit {name}").click()
        self.main.get_by_label("Name").fill(to)
        self.main.get_by_role("button", name="Save", exact=True).click()

    def remove(self, name: str) -> None:
        self.main.get_by_role("button", name=f"Remove {name}", exact=True).click()

    def expect_item(self, name: str, *, ticked: bool = False) -> None:
        """Wait until the page has an item that is ticked or not."""
        expect(self.checkbox(name)).to_be_checked(checked=ticked)

    def expect_no_item(self, name: str) -> None:
        """Wait until the page does not have an item."""
        expect(self.checkbox(name)).to_have_count(0)

    @property
    def ticks(self) -> dict[str, bool]:
        """Whether each item on the page is ticked."""
        boxes = self.main.get_by_role("checkbox", include_hidden=True)
        return dict(boxes.evaluate_all("boxes => boxes.map(b => [b.ariaLabel, b.checked])"))

    def _on_console(self, message: ConsoleMessage) -> None:
        expected = (*NETWORK_ERRORS, BLOCKED_WORKER)
        if message.type in ("error", "warning") and not message.text.startswith(expected):
            self.errors.append(f"{message.type}: {message.text}")

    def _on_websocket(self, socket: WebSocket) -> None:
        if "/ws/silence/" in socket.url:
            return  # it has two messages of its own (docs/api.md)
        history = new_history("page")
        socket.on(
            "framereceived",
            lambda message: self._validate(server_frames, history.received, message),
        )
        socket.on("framesent", lambda message: self._validate(client_frames, history.sent, message))

    def _validate(
        self,
        decode: Callable[[str | bytes], list[Json]],
        note: Callable[[list[Json]], None],
        message: str | bytes,
    ) -> None:
        try:
            note(decode(message))
        except NotInDocumentError as error:
            self.errors.append(f"socket: {error}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.status} {response.request.method} {response.url}")

    def _on_load(self) -> None:
        self.loads += 1
