"""The report in a real browser: everything is drawn, and nothing is complained about."""

import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.report import render
from headrace.skew import Checked, SkewPolicy, Verdict, compare, profile_table

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --no-first-run"
)

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    before = profile_table(pa.table({"city": ["Oslo", "Rome"] * 500, "pace": [5.0, 6.0] * 500}))
    now = profile_table(pa.table({"city": ["Oslo", "Oslo"] * 500, "pace": [5.0, 6.0] * 500}))
    findings = compare(before, now, SkewPolicy())
    checked = Checked(verdict=Verdict(findings=findings), sides={"drift": ({"": before}, {"": now})})
    path = tmp_path / "report.html"
    path.write_text(render(checked, title="A <b>day</b>"))
    return path


def browse(page: Path, *options: str) -> subprocess.CompletedProcess:
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [str(BROWSER), *QUIET.split(), profile, *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


def test_the_verdict_and_both_charts_are_drawn_without_a_complaint(page: Path) -> None:
    seen = browse(page, "--dump-dom", "--enable-logging=stderr", "--v=0")
    assert "Not blessed" in seen.stdout
    assert seen.stdout.count("<svg") >= 2
    assert "A &lt;b&gt;day&lt;/b&gt;" in seen.stdout
    assert "CONSOLE" not in seen.stderr
