"""What the docs say exists, exists: links, make targets, subcommands; and their Python compiles and imports."""

import ast
import io
import json
import random
import re
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headrace_cli.main import main

if TYPE_CHECKING:
    from headrace_pipelines.local import NodeRun

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "examples").rglob("*.md"),
]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.S | re.M)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|^|\$ )make ([a-z]+)", page.read_text(), re.M))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_subcommand_and_option_exists(page: Path) -> None:
    fenced = "\n".join(blocks(page, "[a-z]*"))
    inline = re.findall(r"`headrace ([a-z][^`\n]*)`", page.read_text())
    for line in [*re.findall(r"^(?:\$ )?headrace ([a-z].*)", fenced, re.M), *inline]:
        words = line.split()
        # Of a command that has actions, the action's help; what is no action is an argument, and help is help.
        named = [words[0], *(word for word in words[1:2] if re.fullmatch("[a-z]+", word))]
        shown = help_of(*named)
        assert shown, f"{page.name}: headrace {' '.join(named)}"
        for option in re.findall(r"--[a-z-]+", line):
            assert option in shown, f"{page.name}: headrace {words[0]} has no {option}"


@cache
def help_of(*words: str) -> str:
    """What `headrace WORDS --help` prints; empty where there is no such command."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    return "" if ended.value.code else printed.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_python_blocks_are_python(page: Path) -> None:
    for block in blocks(page, "python"):
        ast.parse(block)


@pytest.mark.tfx
@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_what_python_blocks_import_from_headrace_is_there(page: Path) -> None:
    from importlib import import_module

    for block in blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("headrace"):
                module = import_module(str(node.module))
                for alias in node.names:
                    assert hasattr(module, alias.name), f"{page.name}: {node.module} has no {alias.name}"


def ordinary_day(folder: Path, day: int, *, seed: int, rows: int = 1200) -> None:
    """The files of a day of March 2026, for the README's pipeline: the rows differ by day, their law does not."""
    chance = random.Random(seed)
    for name in ("events", "answers"):
        (folder / name).mkdir(parents=True)
    shown = [f"2026-03-{day:02}T{chance.randrange(6, 20):02}:{chance.randrange(60):02}:00Z" for _ in range(rows)]
    events = [{"id": f"{day}-{n}", "shown_at": at, "pace": chance.gauss(6, 1)} for n, at in enumerate(shown)]
    (folder / "events" / "day.jsonl").write_text("\n".join(map(json.dumps, events)))
    answers = [
        f"{day}-{n},2026-03-{day:02}T21:00:00Z,{'true' if chance.random() < 0.6 else 'false'}"
        for n in range(rows)
        if chance.random() < 0.5
    ]
    (folder / "answers" / "day.csv").write_text("\n".join(["id,answered_at,accepted", *answers]))


def run_readme(folder: Path, *, day: int, yesterday: str) -> "list[NodeRun]":
    """The README's block, as it stands but for the URI of the day before, on the files in the present folder."""
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline

    from headrace_pipelines import local

    (block,) = blocks(ROOT / "README.md", "python")
    assert block.count('yesterday = ""') == 1
    names: dict = {}
    exec(block.replace('yesterday = ""', f"yesterday = {yesterday!r}"), names)
    return local.run(
        tfx_pipeline.Pipeline(
            pipeline_name=f"readme{day}",
            pipeline_root=str(folder / "artifacts"),
            components=names["components"],
            metadata_connection_config=metadata.sqlite_metadata_connection_config(str(folder / "metadata.sqlite")),
        )
    )


@pytest.mark.tfx
def test_the_pipeline_of_the_readme_blesses_two_ordinary_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = ""
    for day in (3, 4):
        folder = tmp_path / str(day)
        ordinary_day(folder, day, seed=day)
        monkeypatch.chdir(folder)
        ran = run_readme(folder, day=day, yesterday=yesterday)
        ledgers = {run.node: run.ledgers for run in ran}
        assert ledgers["LabelJoin"]["events"]["labeled"] == 1200
        assert ran[-1].blessed == 1
        (statistics,) = folder.glob("artifacts/Stats/statistics/*")
        yesterday = str(statistics)
    (verdict,) = tmp_path.glob("4/artifacts/SkewCheck/report/*/verdict.json")
    findings = json.loads(verdict.read_text())["findings"]
    assert not [one for one in findings if one["alarm"] or one["warning"]]
    times = [one for one in findings if one["feature"] == "shown_at" and one["code"] == "NOT_JUDGED"]
    assert {one["split"] for one in times} == {"train", "eval"}
    assert all("2026-03-03T" in one["reason"] and "2026-03-04T" in one["reason"] for one in times)
    assert [one for one in findings if one["feature"] == "shown_at" and one["code"] == "MISSING_SHARE"]
    assert [one for one in findings if one["feature"] == "pace" and one["measure"] == "kolmogorov_smirnov"]
