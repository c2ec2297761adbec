"""Dialects of log collectors, and how records are unwrapped from their messages.

To add one: a file in `collectors/` with a `DIALECT`; another package adds one by the entry point `headrace.dialects`.
"""
