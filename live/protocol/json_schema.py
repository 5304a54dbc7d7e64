"""Print all frames as one JSON Schema: `python -m live.protocol.json_schema`. No Django."""

from __future__ import annotations

import json
import sys
from typing import Any, get_args

import msgspec

from live.protocol import frames


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of all frames, and the unions `ClientFrame` and `ServerFrame`."""
    frame_types = (*get_args(frames.ClientFrame), *get_args(frames.ServerFrame))
    _, definitions = msgspec.json.schema_components(frame_types, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trolley WebSocket protocol",
        "version": frames.VERSION,
        "$defs": {
            **dict(sorted(definitions.items())),
            "ClientFrame": _union(frames.ClientFrame),
            "ServerFrame": _union(frames.ServerFrame),
        },
    }


def _union(frame_types: Any) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/$defs/{frame.__name__}"} for frame in get_args(frame_types)]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
