"""How the server of a demo asks the command that started it for a fault: a Unix socket.

One connection is one question: a line of JSON with the name of a fault, or null, and a
line with the state of the drill, or with an error.
"""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from typing import Any

from asgi_project.demo.drill import Drill, FaultRunningError, UnknownFaultError

TIMEOUT = 5.0
"""Seconds for one question."""
ERRORS = {"unknown": UnknownFaultError, "running": FaultRunningError}


class ControlServer(ThreadingUnixStreamServer):
    """Answers for a drill until `shutdown`."""

    daemon_threads = True

    def __init__(self, path: Path, drill: Drill) -> None:
        self.drill = drill
        super().__init__(str(path), _Handler)

    def start(self) -> None:
        """Answer in a thread."""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(StreamRequestHandler):
    timeout = TIMEOUT

    def handle(self) -> None:
        """Answer one question."""
        assert isinstance(self.server, ControlServer)
        drill = self.server.drill
        answer: dict[str, Any] = {}
        try:
            fault = json.loads(self.rfile.readline())
            if fault is None:
                answer = drill.look()
            else:
                drill.start(fault)
        except tuple(ERRORS.values()) as error:
            names = {type_: name for name, type_ in ERRORS.items()}
            answer = {"error": names[type(error)], "detail": str(error)}
        self.wfile.write(json.dumps(answer or drill.state()).encode() + b"\n")


def ask(path: Path, fault: str | None) -> dict[str, Any]:
    """Start a fault (None: none) and return the state of the drill.

    Raises UnknownFaultError, FaultRunningError, and OSError if the command does not answer.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(str(path))
        connection.sendall(json.dumps(fault).encode() + b"\n")
        with connection.makefile() as lines:
            answer: dict[str, Any] = json.loads(lines.readline())
    if "faults" not in answer:
        raise ERRORS[answer["error"]](answer["detail"])
    return answer
