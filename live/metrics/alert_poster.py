"""Posts alerts to the address of the operator, from a thread of its own."""

from __future__ import annotations

import json
import logging
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections import deque
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from live.metrics.alert_plan import Alert
from live.metrics.verdict import in_words

logger = logging.getLogger(__name__)

MAX_WAITING = 50
"""Alerts that wait for the address; beyond that the oldest are dropped."""
POST_TIMEOUT = 10.0
"""Seconds that one attempt may take."""
MIN_RETRY_DELAY, MAX_RETRY_DELAY = 1.0, 60.0
MAX_ATTEMPTS = 70
"""Attempts for one alert: about an hour."""
RETRIED_STATUSES = frozenset({408, 425, 429})

Outcome = Literal["delivered", "failed", "refused"]


class Attempt(NamedTuple):
    """What became of one post. `failed` may work later. `status` is None without a response."""

    outcome: Outcome
    status: int | None = None
    error: str = ""


# ntfy shows the fields of a JSON body if it gets a template. Other services ignore these headers.
NTFY_HEADERS = {
    "X-Template": "yes",
    "X-Title": "{{.title}}",
    "X-Message": "{{.message}}",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without a body, so a redirect is an error."""

    def redirect_request(self, *args: Any) -> None:
        return None


class AlertPoster:
    """Posts each alert once, in order, and repeats it until the address takes it.

    `post` only queues: no caller waits for the network. The thread is a daemon, so that an
    address that does not answer delays no shutdown.
    """

    def __init__(self, url: str, *, page_url: str = "", time_scale: float = 1.0) -> None:
        self._url, self._credentials = _without_credentials(urlsplit(url))
        self.host = urlsplit(self._url).netloc
        """The host of the address, and its port if there is one."""
        self._page_url = page_url
        self._time_scale = time_scale
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING)
        self._has_work = threading.Event()
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._opener = urllib.request.build_opener(_NoRedirect)

    def post(self, alert: Alert) -> None:
        """Queue an alert. It may be called from the event loop."""
        self._waiting.append(body_of(alert, self._page_url))
        self._has_work.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
            self._thread.start()

    def post_test(self, at: float) -> Attempt:
        """Post a test once, and return what became of it. It waits for up to POST_TIMEOUT."""
        return self._attempt(body_of_test(self._page_url, at))

    def stop(self) -> None:
        """Post nothing more. It does not wait for an attempt that runs."""
        self._is_stopped.set()
        self._has_work.set()

    def _run(self) -> None:
        while not self._is_stopped.is_set():
            self._has_work.wait()
            self._has_work.clear()
            while self._waiting and not self._is_stopped.is_set():
                self._deliver(self._waiting.popleft())

    def _deliver(self, body: dict[str, Any]) -> None:
        delay = MIN_RETRY_DELAY
        for _ in range(MAX_ATTEMPTS):
            if self._attempt(body).outcome != "failed":
                return
            if self._is_stopped.wait(delay * self._time_scale):
                return
            delay = min(delay * 2, MAX_RETRY_DELAY)
        logger.error("no alert reached %s, so one is dropped", self.host)

    def _attempt(self, body: dict[str, Any]) -> Attempt:
        request = urllib.request.Request(  # noqa: S310  (the setting allows http and https only)
            self._url,
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Trolley",
                "X-Priority": str(body["priority"]),
                "X-Tags": ",".join(body["tags"]),
                **NTFY_HEADERS,
                **self._credentials,
            },
        )
        try:
            with self._opener.open(request, timeout=POST_TIMEOUT) as response:
                return Attempt("delivered", response.status)
        except urllib.error.HTTPError as error:
            error.close()
            is_temporary = error.code >= 500 or error.code in RETRIED_STATUSES
            logger.warning("%s answered an alert with %d", self.host, error.code)
            return Attempt("failed" if is_temporary else "refused", error.code)
        except Exception as error:  # a wrong certificate, an unknown name, a broken response
            logger.warning("an alert did not reach %s: %s", self.host, type(error).__name__)
            return Attempt("failed", error=type(error).__name__)


def body_of_test(page_url: str, at: float) -> dict[str, Any]:
    """Return the JSON of an alert that says only that alerts reach the address."""
    title, message = "Trolley: test", "Alerts of Trolley reach this address."
    body: dict[str, Any] = {
        "event": "test",
        "key": "test",
        "severity": "warning",
        "title": title,
        "message": message,
        "text": f"{title}\n{message}",
        "content": f"{title}\n{message}",
        "priority": 3,
        "tags": ["white_check_mark"],
        "since": _iso(at),
        "until": None,
    }
    if page_url:
        body["url"] = f"{page_url}/dashboard/machine/"
    return body


def body_of(alert: Alert, page_url: str) -> dict[str, Any]:
    """Return the JSON of an alert, with the fields that ntfy, Gotify and chat services show."""
    condition, problem = alert.condition, alert.condition.problem
    is_over = alert.event == "ended"
    at = condition.until or condition.since
    title = f"Trolley: {problem.text}" if not is_over else f"Trolley: over: {problem.text}"
    message = _over(alert) if is_over else in_words(condition, at)
    body: dict[str, Any] = {
        "event": alert.event,
        "key": problem.key,
        "severity": problem.severity,
        "title": title,
        "message": message,
        "text": f"{title}\n{message}",
        "content": f"{title}\n{message}",
        "priority": 3 if is_over else 5 if problem.severity == "critical" else 4,
        "tags": ["white_check_mark" if is_over else "warning"],
        "since": _iso(condition.since),
        "until": None if condition.until is None else _iso(condition.until),
    }
    if page_url:
        section = "" if problem.section == "now" else f"{problem.section}/"
        body["url"] = f"{page_url}/dashboard/{section}"
    return body


def _over(alert: Alert) -> str:
    condition = alert.condition
    minutes = ((condition.until or condition.since) - condition.since) / 60
    lasted = f"{minutes:.0f} min" if minutes >= 1 else "less than a minute"
    return f"It lasted {lasted}."


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _without_credentials(parts: SplitResult) -> tuple[str, dict[str, str]]:
    """Return the URL without the user and the password in it, and the header that has them."""
    if "@" not in parts.netloc:
        return urlunsplit(parts), {}
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    host = parts.netloc.rpartition("@")[2]
    header = {"Authorization": f"Basic {b64encode(user.encode()).decode()}"}
    return urlunsplit(parts._replace(netloc=host)), header
