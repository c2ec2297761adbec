"""Compares two data files without a pipeline: what `headrace check` runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from headrace.errors import UsageError
from headrace.ingest.plain_file import DeclaredColumns, read_plain
from headrace.ledger import Ledger
from headrace.skew.check_result import CheckResult
from headrace.skew.compare_profiles import compare
from headrace.skew.profiles.pair_of_tables import profile_pair
from headrace.skew.profiles.profile import WHOLE
from headrace.skew.verdict.findings import Finding, Verdict
from headrace.skew.verdict.policy import SkewPolicy
from headrace.words import counted, percent

UNTYPED = (".csv", ".csv.gz", ".tsv", ".txt")
"""Files in which a number and its text are the same."""


@dataclass(frozen=True, kw_only=True)
class FilesCheckResult:
    """The verdict over two files; and by path the ledger of its rows and the rows that were rejected."""

    checked: CheckResult
    ledgers: Mapping[str, Ledger]
    rejects: Mapping[str, pa.Table]

    @property
    def verdict(self) -> Verdict:
        """The verdict over both files."""
        return self.checked.verdict


def check_files(
    baseline: str,
    current: str,
    policy: SkewPolicy | None = None,
    *,
    reject_share: float = 0.01,
    declared: DeclaredColumns | None = None,
) -> FilesCheckResult:
    """Compares two files of any format in every column of either; columns that the policy ignores are not looked at.

    It is an alarm if more than `reject_share` (0..1) of the rows of `current` are rejected. `declared`: what is known
    of the columns beside what their values show.

    Raises:
        UsageError: files do not exist (all are named), a path is a directory, a value is out of range, a declared
            column is in neither file, or most of its values before are not what is declared.
        DataError: a file can't be read in the format that its name says.
        OSError: reading a file is not permitted.
    """
    if not 0 <= reject_share <= 1:
        raise UsageError(f"reject_share must be in [0, 1], got {reject_share!r}")
    missing = [path for path in dict.fromkeys([baseline, current]) if not os.path.exists(path)]
    if missing:
        raise UsageError(f"no such file: {', '.join(missing)}")
    folders = [path for path in dict.fromkeys([baseline, current]) if os.path.isdir(path)]
    if folders:
        raise UsageError(f"a file is expected, not a directory: {', '.join(folders)}")
    for path in (baseline, current):
        with open(path, "rb"):
            pass
    ignores = policy.ignores if policy else None
    declared = declared or DeclaredColumns()
    (before, rejects_before, ledger_before), (now, rejects_now, ledger_now) = (
        read_plain(path, declared, leave_out=ignores) for path in (baseline, current)
    )
    declared.refuse_unknown(list(dict.fromkeys([*before.column_names, *now.column_names])))
    typed = not any(path.lower().endswith(UNTYPED) for path in (baseline, current))
    profiles = profile_pair(before, now, typed=typed, names=(baseline, current), declared=declared.by_column)
    findings = [*compare(*profiles, policy), *_rejected(ledger_before, ledger_now, reject_share)]
    verdict = Verdict(name=f"{os.path.basename(baseline)} -> {os.path.basename(current)}", findings=findings)
    sides = {WHOLE: profiles[0]}, {WHOLE: profiles[1]}
    return FilesCheckResult(
        checked=CheckResult(verdict=verdict, profiles={"drift": sides}),
        ledgers={baseline: ledger_before, current: ledger_now},
        rejects={baseline: rejects_before, current: rejects_now},
    )


def _rejected(before: Ledger, now: Ledger, threshold: float) -> list[Finding]:
    def finding(ledger: Ledger, when: str) -> Finding:
        rejected = ledger.parts.get("rejected", 0)
        share = rejected / ledger.total if ledger.total else 0.0
        return Finding(
            feature="",
            code="REJECTED_ROWS",
            measure="reject_share",
            distance=share,
            rows_baseline=before.total,
            rows_current=now.total,
            reason=f"{rejected:,} of {counted(ledger.total, 'row')} {when} rejected ({percent(share)})",
        )

    current = finding(now, "now")
    alarm = (current.distance or 0.0) > threshold
    # Rows of the baseline that were rejected are not a fault of the current data.
    notes = [finding(before, "before")] if before.parts.get("rejected") else []
    return [replace(current, threshold=threshold, alarm=alarm), *notes]
