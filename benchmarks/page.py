"""Formats results as Markdown and writes them to docs/benchmarks.md, between the marks of their case."""

import os
import platform
import re
from pathlib import Path

from benchmarks.measure import Measured

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def table(by_size: dict[int, dict[str, Measured]]) -> str:
    """A line for each size and step: seconds, ratio to the first step, peak memory, and that without imports."""
    lines = [
        "| rows | what | seconds | times ours | rows a second | peak memory | of which the work |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows, by_step in by_size.items():
        ours = _first(by_step)
        for what, took in by_step.items():
            if took.failed:
                lines.append(f"| {rows:,} | {what} | {took.failed} | | | | |")
                continue
            lines.append(
                f"| {rows:,} | {what} | {took.seconds:.2f} | {took.seconds / ours.seconds:.1f} "
                f"| {rows / took.seconds:,.0f} | {took.peak_bytes / 2**20:,.0f} MiB "
                f"| {(took.peak_bytes - took.before_bytes) / 2**20:,.0f} MiB |"
            )
    return "\n".join(lines)


def growth(by_size: dict[int, dict[str, Measured]]) -> str:
    """How our time and memory grow from the smallest to the largest size."""
    small, large = min(by_size), max(by_size)
    if small == large:
        return ""
    a, b = _first(by_size[small]), _first(by_size[large])
    return (
        f"\n\nFrom {small:,} to {large:,} rows ({large / small:.0f}x) our time grows {b.seconds / a.seconds:.1f}x "
        f"and peak memory {b.peak_bytes / a.peak_bytes:.2f}x."
    )


def machine() -> str:
    """The machine that it was measured on, without its name."""
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def write(case: str, text: str) -> None:
    """Replaces the text between `<!-- case -->` and `<!-- /case -->`."""
    page = PAGE.read_text()
    marks = re.compile(rf"(<!-- {case} -->\n).*?(<!-- /{case} -->)", re.S)
    if not marks.search(page):
        raise ValueError(f"{PAGE.name} has no marks <!-- {case} --> ... <!-- /{case} -->: add them")
    PAGE.write_text(marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page))


def _first(by_step: dict[str, Measured]) -> Measured:
    return next(iter(by_step.values()))
