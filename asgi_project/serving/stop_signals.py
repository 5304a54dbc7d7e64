"""Signals that would end a process at once, without closing its sockets first."""

from __future__ import annotations

import signal
from collections.abc import Callable

# SIGHUP: the terminal was closed. SIGQUIT: Ctrl+\, or a process manager.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# Log rotation sends these to programs that write log files. Ours goes to stderr.
IGNORED_SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM)


def handle_signals(on_stop: Callable[[], object]) -> None:
    """Call `on_stop` at every signal to stop, and ignore the others.

    A SIGHUP that is ignored already stays so: `nohup` does that.
    """
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: on_stop())
    for number in IGNORED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
