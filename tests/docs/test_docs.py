"""What the docs say exists, exists: links, make targets, subcommands; and their Python compiles and imports."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
        done = subprocess.run(
            [sys.executable, "-m", "headrace_cli.main", *named, "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{page.name}: headrace {' '.join(named)}"
        for option in re.findall(r"--[a-z-]+", line):
            assert option in done.stdout, f"{page.name}: headrace {words[0]} has no {option}"


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


@pytest.mark.tfx
def test_the_pipeline_of_the_readme_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline

    from headrace_pipelines import local

    for folder in ("events", "answers"):
        (tmp_path / folder).mkdir()
    shown = [f'{{"id": "s{n}", "shown_at": "2026-03-03T08:{n % 60:02}:00Z", "pace": {5 + n % 5}}}' for n in range(300)]
    (tmp_path / "events" / "day.jsonl").write_text("\n".join(shown))
    answers = [f"s{n},2026-03-03T09:00:00Z,{'true' if n % 3 else 'false'}" for n in range(0, 300, 2)]
    (tmp_path / "answers" / "day.csv").write_text("\n".join(["id,answered_at,accepted", *answers]))
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(ROOT / "README.md", "python")
    names: dict = {}
    exec(block, names)
    ran = local.run(
        tfx_pipeline.Pipeline(
            pipeline_name="readme",
            pipeline_root=str(tmp_path / "artifacts"),
            components=names["components"],
            metadata_connection_config=metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite")),
        )
    )
    ledgers = {run.node: run.ledgers for run in ran}
    assert ledgers["LabelJoin"]["events"]["labeled"] == 300
    assert ledgers["LabelJoin"]["outcomes"]["used"] == 150
    assert ran[-1].blessed == 1
