"""What holds for all tests."""

import os

from hypothesis import settings

settings.register_profile(
    "headrace",
    # The first example of a test pays for its imports: a deadline would measure those, and the machine.
    deadline=None,
    max_examples=60,
    print_blob=True,
    # What lands is judged by the same examples every time; everybody else looks for new ones.
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("headrace")
