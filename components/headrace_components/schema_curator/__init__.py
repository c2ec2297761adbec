"""Keeps the schema."""
