"""A command replaces what it wrote before, and nothing else."""

import pytest

from headrace import UsageError
from headrace.files.outputs import refuse_foreign


def test_what_a_command_writes_may_be_there(tmp_path):
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "ledger.json").touch()
    refuse_foreign(str(tmp_path), "Split-*", "ledger.json")
    refuse_foreign(str(tmp_path / "nothing"), "Split-*")


def test_anything_else_is_refused_by_name(tmp_path):
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "train.py").touch()
    with pytest.raises(UsageError, match=r"holds 'train.py', which is not an output of this .* choose another --out"):
        refuse_foreign(str(tmp_path), "Split-*")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "afile").touch()
    with pytest.raises(UsageError, match="afile is a file: expected a folder"):
        refuse_foreign(str(tmp_path / "afile"), "Split-*")
