"""Two data files compared, with no pipeline: what `headrace check` runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from headrace.errors import UsageError
from headrace.ingest import read_table
from headrace.ledger import Ledger
from headrace.skew.checked import Checked
from headrace.skew.columns import profile_pair
from headrace.skew.compare import compare
from headrace.skew.findings import WHOLE, Verdict
from headrace.skew.policy import SkewPolicy

UNTYPED = (".csv", ".csv.gz", ".tsv", ".txt")
"""Files in which a number and its text are the same."""


@dataclass(frozen=True, kw_only=True)
class FilesChecked:
    """The verdict over two files, and what reading each of them came to, by path."""

    checked: Checked
    ledgers: Mapping[str, Ledger]
    rejects: Mapping[str, pa.Table]

    @property
    def verdict(self) -> Verdict:
        """The verdict over both files."""
        return self.checked.verdict


def check_files(baseline: str, current: str, policy: SkewPolicy | None = None) -> FilesChecked:
    """Compares two CSV, JSON lines or Parquet files, every column of either.

    Raises:
        UsageError: a file is not there; all that are not are named.
        DataError: a file can't be read as what it is.
    """
    missing = [path for path in dict.fromkeys([baseline, current]) if not os.path.exists(path)]
    if missing:
        raise UsageError(f"no such file: {', '.join(missing)}")
    (before, rejects_before, ledger_before), (now, rejects_now, ledger_now) = read_table(baseline), read_table(current)
    typed = not any(path.lower().endswith(UNTYPED) for path in (baseline, current))
    profiles = profile_pair(before, now, typed=typed, names=(baseline, current))
    findings = compare(*profiles, policy)
    verdict = Verdict(name=f"{os.path.basename(baseline)} -> {os.path.basename(current)}", findings=findings)
    sides = {WHOLE: profiles[0]}, {WHOLE: profiles[1]}
    return FilesChecked(
        checked=Checked(verdict=verdict, sides={"drift": sides}),
        ledgers={baseline: ledger_before, current: ledger_now},
        rejects={baseline: rejects_before, current: rejects_now},
    )
