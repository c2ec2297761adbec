"""One module a case, which holds it as `CASE`; see `benchmarks.case`."""
