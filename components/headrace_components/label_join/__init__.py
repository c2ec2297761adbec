"""Joins outcomes to events as labels."""
