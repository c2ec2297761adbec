"""Which statistics to compute, as plain data."""
