"""What all joins of files share: outputs that appear whole with their ledger, progress in the log, sums of counts."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.execution import Plan, Step
from headrace.execution.threads import Threads
from headrace.keyed.join_files import check_payload, output_folders, run_join, staging_of, sum_counts
from headrace.keyed.side_names import is_side_name

COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9))


class Summed:
    def __init__(self, results: dict[str, list[Any]]) -> None:
        self.results = results

    def to_json(self) -> str:
        return f"läuft: {self.results['negate']}"


def negate(number: int) -> int:
    return -number


def test_a_payload_that_examples_can_not_have_is_refused_with_those_that_they_can() -> None:
    check_payload("parquet")
    check_payload("tf_example")
    with pytest.raises(UsageError, match=r"^payload must be one of parquet, tf_example, got 'csv'$"):
        check_payload("csv")


@pytest.mark.parametrize("elements", [3, 25])
def test_a_join_writes_its_ledger_removes_what_it_staged_and_logs_each_tenth(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, elements: int
) -> None:
    staged: list[bool] = []

    def summarize(results: Any) -> Summed:
        staged.append(Path(staging_of(str(tmp_path)), "negate").exists())
        return Summed(results)

    staging = Path(staging_of(str(tmp_path)))
    assert staging == tmp_path / ".staging"
    (staging / "negate").mkdir(parents=True)
    plan = Plan(name="a join", steps=[Step(name="negate", work=negate, items=range(elements))])
    with caplog.at_level(logging.INFO, logger="of.a.join"):
        result = run_join(plan, str(tmp_path), summarize, engine=Threads(1), log=logging.getLogger("of.a.join"))
    assert isinstance(result, Summed)
    assert staged == [True]
    assert not staging.exists()
    numbers = str([-n for n in range(elements)])
    assert (tmp_path / "ledger.json").read_text(encoding="utf-8") == f"läuft: {numbers}"
    shown = [0, 1, 2, 3] if elements == 3 else [0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 25]
    records = [record for record in caplog.records if record.name == "of.a.join"]
    expected = [f"a join: negate, {done} of {elements}" for done in shown]
    assert [record.getMessage() for record in records if vars(record)["done"]] == expected[1:]
    assert {(vars(record)["step"], vars(record)["total"]) for record in records} == {("negate", elements)}


def test_outputs_appear_together_when_the_block_ends_well_and_not_at_all_when_it_does_not(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("examples", "unused")]
    with output_folders(*paths) as folders:
        assert len(folders) == 2
        for number, folder in enumerate(folders):
            Path(folder, "part").write_text(str(number))
        assert not any(Path(path).exists() for path in paths)
    assert [Path(path, "part").read_text() for path in paths] == ["0", "1"]

    def fail() -> None:
        with output_folders(*paths) as folders:
            Path(folders[0], "part").write_text("new")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail()
    assert [Path(path, "part").read_text() for path in paths] == ["0", "1"]


@given(st.lists(COUNTS, max_size=5), st.lists(st.sampled_from("abxy"), unique=True))
def test_counts_are_added_up_and_the_names_asked_for_come_first(counts: list[dict[str, int]], names: list[str]) -> None:
    sums = sum_counts(counts, names)
    total = sum((Counter(one) for one in counts), Counter())
    seen = dict.fromkeys([*names, *(name for one in counts for name in one)])
    assert sums == {name: total[name] for name in seen}
    assert list(sums) == list(seen)
    assert list(sum_counts(counts)) == list(dict.fromkeys(name for one in counts for name in one))


def test_a_side_has_a_name_of_small_letters_digits_and_single_underscores() -> None:
    assert all(map(is_side_name, ("runs", "r2", "runs_of_day", "a_", "event")))
    assert not any(map(is_side_name, ("events", "", "Runs", "2r", "_r", "a__b", "läufe", "a-b", "runs ")))
