"""Gives events features of what was known at their time."""
