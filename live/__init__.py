"""How a change reaches a screen: frames, fan-out, sockets, request counters."""
