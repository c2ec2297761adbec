"""A small plan with all that plans have: files between steps, elements from results, a step without elements."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from headrace.errors import DataError
from headrace.execution import Plan, Results, Step
from headrace.files.outputs import whole_file

TEXTS = ("a rose is a rose", "is it", "", "so it is", "a b c d e f g h", "rose")


def write_words(text: tuple[int, str], folder: str) -> list[str]:
    """Writes a text's words by first letter; gives the letters."""
    number, words = text
    letters = sorted({word[0] for word in words.split()})
    for letter in letters:
        _write([word for word in words.split() if word[0] == letter], f"{folder}/words/{letter}-{number}.json")
    return letters


def letters_of(results: Results) -> list[tuple[str, list[int]]]:
    """Each letter, with the numbers of the texts that have it."""
    of_texts = list(enumerate(results["write words"]))
    every = sorted({letter for _, letters in of_texts for letter in letters})
    return [(letter, [number for number, letters in of_texts if letter in letters]) for letter in every]


def count_words(letter: tuple[str, list[int]], folder: str) -> tuple[str, int]:
    """Counts the words of a letter into a file; gives how many there are."""
    first, numbers = letter
    counts: Counter[str] = Counter()
    for number in numbers:
        counts.update(json.loads(Path(f"{folder}/words/{first}-{number}.json").read_text()))
    _write(counts, f"{folder}/counts/{first}.json")
    return first, counts.total()


def nothing(results: Results) -> list[int]:
    """No elements, whatever there is."""
    return [] if results["count words"] else [1]


def words_of(letter: tuple[str, list[int]]) -> str:
    return f"the letter {letter[0]}"


def example_plan(folder: str, texts: Sequence[str] = TEXTS) -> Plan:
    steps = (
        Step(name="write words", work=partial(write_words, folder=folder), items=list(enumerate(texts))),
        Step(name="count words", work=partial(count_words, folder=folder), items=letters_of, describe=words_of),
        Step(name="nothing", work=refuse, items=nothing),
        Step(name="total", work=sum, items=totals),
    )
    return Plan(name="example", steps=steps, staging=folder)


def totals(results: Results) -> list[list[int]]:
    return [[count for _, count in results["count words"]]]


def refuse(number: int) -> int:
    raise DataError(f"{number} is refused")


def refuse_three(number: int) -> int:
    return refuse(number) if number == 3 else number


def divide_by_zero(number: int) -> float:
    return 1 / (number - 2)


def refuse_results(results: Results) -> list[int]:
    raise DataError(f"{sum(results['one'])} in all is too many")


def lacks(results: Results) -> list[int]:
    return list(results["what is not there"])


def touch(number: int, folder: str) -> int:
    """Leaves a file; the element 1 is refused instead."""
    if number == 1:
        refuse(number)
    Path(folder, str(number)).touch()
    return number


def end_the_process(number: int) -> int:
    os._exit(3)


def of_the_guide(engine: str) -> object:
    """What the lines of the guide that run a step of one's own give on an engine."""
    guide = (Path(__file__).parents[2] / "docs" / "distributed.md").read_text()
    lines = guide.split("## A step of your own")[1].split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(lines.replace("threads:2", engine), names)
    return names["results"]


def one_step(work: object, items: object, **more: object) -> Plan:
    return Plan(name="example", steps=[Step(name="one", work=work, items=items, **more)])  # type: ignore[arg-type]


def _write(data: object, path: str) -> None:
    with whole_file(path) as staging, open(staging, "w") as file:
        json.dump(data, file)
