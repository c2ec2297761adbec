"""What holds for all tests."""

from hypothesis import settings

# The first example of a test pays for its imports: a deadline would measure those, and the machine.
settings.register_profile("headrace", deadline=None)
settings.load_profile("headrace")
