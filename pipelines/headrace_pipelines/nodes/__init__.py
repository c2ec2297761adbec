"""Runs a TFX pipeline one node at a time, each in a process of its own; the state of the run is in ML Metadata."""
