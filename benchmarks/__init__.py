"""Ours against the peer, on the same data, in one run: `python -m benchmarks`."""
