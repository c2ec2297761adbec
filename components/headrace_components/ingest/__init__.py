"""Collects files into Examples."""
