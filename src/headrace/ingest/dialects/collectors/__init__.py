"""One module a collector: what it writes, a sample, and the rule that gives time and fields."""
