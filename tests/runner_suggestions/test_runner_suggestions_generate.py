from __future__ import annotations

from pathlib import Path

import pytest

from examples.runner_suggestions.columns import stream
from examples.runner_suggestions.generate import generate, main
from headrace.errors import UsageError


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_same_arguments_give_the_same_bytes(make, tmp_path):
    generate(str(tmp_path / "again"), runners=200)
    assert contents(tmp_path / "again") == contents(make(runners=200).root)


def test_each_purpose_of_a_seed_draws_other_numbers():
    drawn = [stream(*of).random() for of in [(7, "a"), (8, "a"), (7, "b"), (7, "a", "b"), (7, "a", "c"), (7, "a", 0)]]
    assert len(set(drawn)) == len(drawn)


def test_another_seed_gives_other_data_in_the_same_files(make):
    one, other = contents(make(runners=200).root), contents(make(runners=200, seed=8).root)
    assert one.keys() == other.keys()
    assert not [path for path in one if one[path] == other[path] and path != "routes/routes.csv"]


def test_truth_names_every_file_and_counts_its_lines(data):
    files = contents(data.root)
    assert set(data.truth["files"]) == set(files) - {"truth.json"}
    for path, facts in data.truth["files"].items():
        assert len(data.lines(path)) - path.endswith(".csv") == facts["lines"], path
        assert facts["rows"] + facts.get("spoiled", 0) == facts["lines"], path


def test_a_fourth_day_is_ordinary_again(make):
    four = make(runners=200, days=4)
    facts = four.truth["files"][f"suggestions/{four.days[3]}.jsonl"]
    assert (facts["spoiled"], facts["duplicates"]) == (0, 0)
    assert {row["app_version"] for row in four.records("suggestions", four.days[3])} == {"4.1.0", "4.1.1"}
    assert {path.split("/")[1][:10] for fault in four.truth["faults"] for path in fault["planted"]} == {four.days[2]}


def test_later_days_leave_earlier_ones_as_they_are(make):
    three, four = contents(make(runners=200).root), contents(make(runners=200, days=4).root)
    assert all(three[path] == four[path] for path in three if not path.startswith(("responses", "truth")))


def test_fewer_than_three_days_have_no_fault(make):
    assert make(runners=200, days=2).truth["faults"] == []
    assert make(runners=200, days=2).truth["faulty_day"] is None


def test_generated_data_is_replaced_whole(tmp_path):
    generate(str(tmp_path / "data"), runners=100, days=2)
    generate(str(tmp_path / "data"), runners=100, days=1)
    assert len(list((tmp_path / "data" / "suggestions").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_files_that_were_not_generated_are_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match="holds files that were not generated; give a new or an empty directory"):
        generate(str(tmp_path), runners=100)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_every_wrong_argument_is_named_at_once(tmp_path):
    with pytest.raises(UsageError) as error:
        generate(str(tmp_path), seed=-1, runners=7, days=0, planted=["rain"])
    for part in (
        "seed must be at least 0, got -1",
        "runners .* got 7",
        "days .* got 0",
        "unknown faults: rain; there are:",
    ):
        error.match(part)


def test_the_command_writes_the_same_as_the_call(make, tmp_path, capsys):
    assert main(["--out", str(tmp_path / "cli"), "--runners", "200", "--days", "2", "--seed", "3"]) == 0
    assert contents(tmp_path / "cli") == contents(make(runners=200, days=2, seed=3).root)
    assert "wrote 2 days of 200 runners" in capsys.readouterr().out


def test_the_command_exits_with_2_on_misuse(tmp_path, capsys):
    assert main(["--out", str(tmp_path), "--days", "0"]) == 2
    assert "days must be at least 1, got 0" in capsys.readouterr().err
