"""`headrace effectiveness`."""

import json

import pytest

from headrace_cli.main import main


@pytest.fixture
def data(tmp_path):
    rows = [f"{i % 2},{i % 24},{'x' if i % 2 else 'y'}" for i in range(300)]
    (tmp_path / "data.csv").write_text("\n".join(["label,hour,copy", *rows]) + "\n")
    return tmp_path


def test_a_leak_is_named_and_exits_with_1(data, capsys):
    outputs = ["--json", str(data / "e.json"), "--html", str(data / "e.html")]
    assert main(["effectiveness", str(data / "data.csv"), "--label", "label", *outputs]) == 1
    assert "leakage suspects: copy" in capsys.readouterr().out
    assert json.loads((data / "e.json").read_text())["rows"] == 300
    assert "<section" in (data / "e.html").read_text()


def test_without_a_leak_it_exits_with_0(data, capsys):
    given = [str(data / "data.csv"), "--label", "hour", "--ignore", "copy", "--ignore", "label"]
    assert main(["effectiveness", *given]) == 0
    assert "no leakage suspect" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [(["nothing.csv", "--label", "a"], "no such file"), (["data.csv", "--label", "a"], "no column 'a'")],
)
def test_misuse_exits_with_2(data, capsys, given, words):
    assert main(["effectiveness", str(data / given[0]), *given[1:]]) == 2
    assert words in capsys.readouterr().err
