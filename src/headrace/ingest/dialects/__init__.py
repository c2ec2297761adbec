"""One module for each dialect: what the collector writes, a sample, and the rule how it becomes time and fields."""
