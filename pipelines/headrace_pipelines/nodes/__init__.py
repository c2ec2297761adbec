"""A TFX pipeline one node at a time, each in a process of its own, with its state in ML Metadata."""
