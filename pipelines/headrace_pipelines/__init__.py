"""Pipelines and the ways to run them: in this process, on the command line."""
