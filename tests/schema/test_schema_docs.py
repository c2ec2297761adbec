"""The worked examples of docs/schema-curator.md, run in the order of the page."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from headrace_cli.main import main

pytestmark = pytest.mark.tfx
PAGE = Path(__file__).parents[2] / "docs" / "schema-curator.md"


def test_every_example_says_what_the_page_says(tmp_path, monkeypatch):
    pytest.importorskip("tensorflow_data_validation")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```([a-z]+)\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    names: dict = {}
    compared = 0
    for (kind, block), (next_kind, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "yaml":
            Path("schema.yaml").write_text(block)
        elif kind == "sh":
            for line in block.splitlines():
                if line.startswith("headrace schema"):
                    assert main(line.split()[1:]) in (0, 1), line
        elif kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(block, names)
            if next_kind == "text":
                assert out.getvalue() == expected
                compared += 1
    assert compared == 7
