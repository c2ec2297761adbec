"""Computes TFDV statistics."""
