"""Benchmarks: Trolley beside the plain recipe, on the same machine in the same call."""
