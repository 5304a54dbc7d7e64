"""Benchmarks that compare Trolley with the baseline, on the same machine in one run."""
