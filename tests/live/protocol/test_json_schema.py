"""The schema describes every frame and needs no Django."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

from live.protocol import frames


def test_schema_has_every_frame_and_does_not_import_django():
    code = (
        "import runpy, sys; runpy.run_module('live.protocol.json_schema', run_name='__main__');"
        "assert 'django' not in sys.modules, 'django'"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    names = set(json.loads(completed.stdout)["$defs"])
    frame_types = (*get_args(frames.ClientFrame), *get_args(frames.ServerFrame))
    assert {frame.__name__ for frame in frame_types} <= names
