"""Checks for skew and drift."""
