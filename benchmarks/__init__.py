"""Compares headrace with other libraries, on the same data and in one run: `python -m benchmarks`."""
