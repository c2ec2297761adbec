"""The worked examples of docs/point-in-time.md, run as they stand there."""

from __future__ import annotations

import doctest
from pathlib import Path

from headrace.point_in_time.aggregate import FUNCTIONS

PAGE = Path(__file__).parents[2] / "docs" / "point-in-time.md"


def test_every_example_of_the_page_gives_what_it_says() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert not failed
    assert tried > 25


def test_every_function_has_an_example() -> None:
    page = PAGE.read_text()
    assert [function for function in FUNCTIONS if f'"{function}"' not in page] == []
