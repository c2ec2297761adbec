"""Distances between two distributions, one file each, and what each of them shows by chance.

To add one: a file in this folder with its formula, its noise law and a `Distance` under `@register`.
"""
