"""Device names from user agent strings."""

import pytest

from accounts.user_agent import MAX_LENGTH, describe, device_kind

MOZILLA = "Mozilla/5.0"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            f"{MOZILLA} (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            "Firefox on Android",
        ),
        (
            f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (f"{MOZILLA} (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (f"{MOZILLA} (Windows NT 10.0) {CHROME} Safari/537.36 Edg/141.0", "Edge on Windows"),
        (f"{MOZILLA} (Linux; Android 10; K) {CHROME} Safari/537.36 EdgA/141.0", "Edge on Android"),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15) {CHROME} Safari/537 OPR/120",
            "Opera on macOS",
        ),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome on ChromeOS"),
        (
            f"{MOZILLA} (Linux; Android 15) SamsungBrowser/28.0 Chrome/130 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (f"{MOZILLA} (iPad; CPU OS 17_0 like Mac OS X) CriOS/141.0 Safari/604.1", "Chrome on iPad"),
        ("curl/8.9.1", "curl/8.9.1"),
        ("Firefox/140.0", "Firefox"),
        ("", ""),
    ],
)
def test_user_agent_is_described_as_browser_on_platform(user_agent, device):
    """PPL-5"""
    assert describe(user_agent) == device


@pytest.mark.parametrize(
    "user_agent", ["a\nb\x1b[31mc", "a\u202eb", "a\u2028b", "x" * 9999, " a  b "]
)
def test_unknown_user_agent_is_one_short_printable_line(user_agent):
    """PPL-5"""
    device = describe(user_agent)
    assert len(device) <= MAX_LENGTH
    assert device.isprintable()
    assert device == device.strip()


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        (f"{MOZILLA} (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "phone"),
        (f"{MOZILLA} (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "phone"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E Safari/604", "phone"),
        (f"{MOZILLA} (iPad; CPU OS 17_0) CriOS/141.0 Mobile/15E148 Safari/604.1", "tablet"),
        (f"{MOZILLA} (Linux; Android 10; K) {CHROME} Safari/537.36", "tablet"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "computer"),
        (f"{MOZILLA} (Windows NT 10.0) {CHROME} Safari/537.36 Edg/141.0", "computer"),
        ("curl/8.9.1", None),
        ("", None),
    ],
)
def test_members_see_what_kind_of_device_a_user_has(user_agent, kind):
    """TOG-1"""
    assert device_kind(user_agent) == kind
