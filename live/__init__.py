"""How a change reaches a screen: frames, delivery, sockets, request counters."""
