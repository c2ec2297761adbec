"""How many examples Hypothesis draws: few by default, since many tests share the time that people wait for.

@examples(4)                        # cheap: four times as many as the profile says
@given(st.text())
def test_...

make test ARGS='tests/labels --hypothesis-profile=thorough'     # eight times as many as by default
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings


def examples(times: float, **more: Any) -> settings:
    """`times` as many examples as the profile in use says: more where one takes next to no time, fewer where long."""
    return settings(max_examples=max(round(settings.default.max_examples * times), 1), **more)


def load_profiles() -> None:
    """Registers the profiles that pytest's option --hypothesis-profile takes, and loads that of every day."""
    settings.register_profile(
        "headrace",
        # The first example of a test pays for its imports: limits of time would measure those, and the machine.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        max_examples=25,
        print_blob=True,
        # What lands is judged by the same examples every time; everybody else looks for new ones.
        derandomize=os.environ.get("CI") == "true",
    )
    # Of `make core`, which people run again and again; what lands passed `make test`.
    settings.register_profile("quick", settings.get_profile("headrace"), max_examples=10)
    settings.register_profile("thorough", settings.get_profile("headrace"), max_examples=200)
    # Of `make mutants`, which runs a test hundreds of times, and wants to know only whether it fails.
    settings.register_profile(
        "mutants",
        settings.get_profile("headrace"),
        max_examples=12,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
    )
    settings.load_profile("headrace")
