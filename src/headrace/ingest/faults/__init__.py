"""Rows and values that are turned away, with their reasons."""
