"""Distances between two distributions, and what each shows by chance."""
