"""Deterministic worlds: the real path from the commit to the client under one seeded scheduler."""
