"""Hypothesis without deadlines: first calls import pandas through Arrow, and machines differ."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("no deadline")
