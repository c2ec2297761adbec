"""Dialects of log collectors, and how records are unwrapped from their messages."""
