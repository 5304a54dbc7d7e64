"""A second Chromium, which can die while the first one looks on."""

from __future__ import annotations

import signal

import psutil
from playwright.sync_api import BrowserContext, Playwright

from tests.support.browser.installation import BrowserInstallation


class OtherBrowser:
    """A Chromium with processes of its own, as on another device."""

    def __init__(self, driver: Playwright, **launch_options: object) -> None:
        before = set(psutil.Process().children(recursive=True))
        self._browser = driver.chromium.launch(**launch_options)
        launched = set(psutil.Process().children(recursive=True)) - before
        # The parts of a browser, which another one may have started meanwhile, have a type.
        self._main = next(each for each in launched if "--type=" not in " ".join(each.cmdline()))

    def new_context(
        self, installation: BrowserInstallation, who: str, **options: object
    ) -> BrowserContext:
        """Open a context in which a user is signed in."""
        state = installation.storage_state(who, self._browser)
        return self._browser.new_context(
            base_url=installation.url, storage_state=state, service_workers="block", **options
        )

    def send(self, stop: signal.Signals) -> None:
        """Send a signal to all of its processes. SIGSTOP leaves its connections open."""
        if self._main.is_running():
            for process in (self._main, *self._main.children(recursive=True)):
                process.send_signal(stop)

    def close(self) -> None:
        """End it, also if it is stopped or dead."""
        self.send(signal.SIGKILL)
        self._browser.close()
