"""One module for each collector: what it writes, a sample, and how that becomes time and fields."""
