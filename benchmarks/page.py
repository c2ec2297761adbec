"""The figures as Markdown, put into docs/benchmarks.md between the marks of their case."""

import platform
import re
from pathlib import Path

from benchmarks.measure import Measured

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def table(steps: dict[int, dict[str, Measured]], names: dict[str, str]) -> str:
    """One line a size and side: seconds, ratio to ours, peak memory, and how much of it the work itself took."""
    lines = [
        "| rows | what | seconds | times ours | rows a second | peak memory | of which the work |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows, by_step in steps.items():
        for step, took in by_step.items():
            ratio = took.seconds / by_step["ours"].seconds
            lines.append(
                f"| {rows:,} | {names[step]} | {took.seconds:.2f} | {ratio:.1f} | {rows / took.seconds:,.0f} "
                f"| {took.peak_bytes / 2**20:,.0f} MiB | {(took.peak_bytes - took.before_bytes) / 2**20:,.0f} MiB |"
            )
    return "\n".join(lines)


def growth(steps: dict[int, dict[str, Measured]]) -> str:
    """How our time and memory grow from the smallest to the largest size."""
    small, large = min(steps), max(steps)
    if small == large:
        return ""
    a, b = steps[small]["ours"], steps[large]["ours"]
    return (
        f"\n\nFrom {small:,} to {large:,} rows ({large / small:.0f}x) our time grows {b.seconds / a.seconds:.1f}x "
        f"and peak memory {b.peak_bytes / a.peak_bytes:.2f}x."
    )


def machine() -> str:
    """What it was measured on, in words that name no machine."""
    cores = next((int(n) for n in [_cpu_count()] if n), 1)
    return f"{cores} cores, {platform.system()}, Python {platform.python_version()}"


def write(case: str, text: str) -> None:
    """Replaces what stands between `<!-- case -->` and `<!-- /case -->`."""
    page = PAGE.read_text()
    marks = re.compile(rf"(<!-- {case} -->\n).*?(<!-- /{case} -->)", re.S)
    if not marks.search(page):
        raise ValueError(f"{PAGE.name} has no marks <!-- {case} --> ... <!-- /{case} -->: add them where it belongs")
    PAGE.write_text(marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page))


def _cpu_count() -> int | None:
    import os

    return os.cpu_count()
