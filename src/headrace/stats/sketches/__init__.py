"""What is kept of rows to compute statistics: counts, moments and quantiles that merge. NumPy and Arrow only."""
