"""One module for each case, which defines it as `CASE`; see `benchmarks.case`."""
