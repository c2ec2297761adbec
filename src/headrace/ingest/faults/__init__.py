"""Rejected rows and faulty values, with their reasons."""
