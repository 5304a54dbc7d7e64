"""Faults under load, judged from outside: `./run faults` (docs/proof.md)."""
