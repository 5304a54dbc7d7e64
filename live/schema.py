"""Print every frame as one JSON Schema document: `python -m live.schema`. No Django."""

from __future__ import annotations

import json
import sys
from typing import Any, get_args

import msgspec

from live import protocol


def document() -> dict[str, Any]:
    """Return the JSON Schema of all frames; `ClientFrame` and `ServerFrame` are the unions."""
    frames = (*get_args(protocol.ClientFrame), *get_args(protocol.ServerFrame))
    _, definitions = msgspec.json.schema_components(frames, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trolley WebSocket protocol",
        "version": protocol.VERSION,
        "$defs": {
            **dict(sorted(definitions.items())),
            "ClientFrame": _union(protocol.ClientFrame),
            "ServerFrame": _union(protocol.ServerFrame),
        },
    }


def _union(frames: Any) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/$defs/{frame.__name__}"} for frame in get_args(frames)]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")
