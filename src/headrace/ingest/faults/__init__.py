"""Rejected rows and faulty values as tables with their reasons.

The reasons are decided elsewhere: those of the structure of a record in `formats`, those of a value in `values`.
"""
