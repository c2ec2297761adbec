"""Compares two data files without a pipeline: what `headrace check` runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from headrace.errors import UsageError
from headrace.files.storage import open_file, refuse_unless_files
from headrace.ingest.plain_file import DeclaredColumns, read_plain, typed
from headrace.ledger import Ledger
from headrace.skew.check_result import CheckResult
from headrace.skew.compare_profiles import compare
from headrace.skew.pairs import FeatureSkewResult, FeatureSkewSpec, TableColumns, detect_feature_skew, pair_findings
from headrace.skew.profiles.pair_of_tables import profile_pair
from headrace.skew.profiles.profile import WHOLE, Slices
from headrace.skew.verdict.findings import Comparison, Finding, Verdict
from headrace.skew.verdict.policy import SkewPolicy
from headrace.words import counted, percent

UNTYPED = (".csv", ".csv.gz", ".tsv", ".txt")
"""Files in which a number and its text are the same."""


@dataclass(frozen=True, kw_only=True)
class FilesCheckResult:
    """The verdict over two files; and by path the ledger of its rows and the rows that were rejected.

    `paired`: what was found pair by pair, where rows were paired.
    """

    checked: CheckResult
    ledgers: Mapping[str, Ledger]
    rejects: Mapping[str, pa.Table]
    paired: FeatureSkewResult | None = None

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
    declared = declared or DeclaredColumns()
    sides = _sides((baseline, current), policy, reject_share, declared)
    before, now = (side.table for side in sides)
    has_types = not any(path.lower().endswith(UNTYPED) for path in (baseline, current))
    profiles = profile_pair(before, now, typed=has_types, names=(baseline, current), declared=declared.by_column)
    compared = {WHOLE: profiles[0]}, {WHOLE: profiles[1]}
    return _result(sides, compare(*profiles, policy), reject_share, {"drift": compared})


def check_pairs_of_files(
    training: str,
    serving: str,
    spec: FeatureSkewSpec,
    policy: SkewPolicy | None = None,
    *,
    reject_share: float = 0.01,
    declared: DeclaredColumns | None = None,
) -> FilesCheckResult:
    """Feature skew of two files of any format: rows are paired by the keys of `spec`, and compared value by value.

    A column of one file alone is an alarm. `reject_share` and `declared` as in `check_files`.

    Raises:
        UsageError: as `check_files`; or a file lacks a key, or the policy ignores one.
        DataError: as `check_files`; or a key has a value that can't be one, such as 1.5.
    """
    policy, declared = policy or SkewPolicy(), declared or DeclaredColumns()
    if ignored := [key for key in spec.keys if policy.ignores(key)]:
        raise UsageError(f"a key can't be ignored: {', '.join(ignored)}")
    sides = _sides((training, serving), policy, reject_share, declared)
    columns = [TableColumns(typed(side.table, declared, path=side.path)[0], name=side.path) for side in sides]
    paired = detect_feature_skew(columns[0], columns[1], spec)
    findings = [*pair_findings(paired, policy), *_on_one_side(sides, policy)]
    return replace(_result(sides, policy.apply_rules(findings), reject_share, {}), paired=paired)


@dataclass(frozen=True, kw_only=True)
class _Side:
    """A file that was read."""

    path: str
    table: pa.Table
    rejects: pa.Table
    ledger: Ledger


def _sides(
    paths: tuple[str, str], policy: SkewPolicy | None, reject_share: float, declared: DeclaredColumns
) -> tuple[_Side, _Side]:
    if not 0 <= reject_share <= 1:
        raise UsageError(f"reject_share must be in [0, 1], got {reject_share!r}")
    refuse_unless_files(paths)
    for path in paths:
        with open_file(path):
            pass
    ignores = policy.ignores if policy else None
    sides = []
    for path in paths:
        table, rejects, ledger = read_plain(path, declared, leave_out=ignores)
        sides.append(_Side(path=path, table=table, rejects=rejects, ledger=ledger))
    declared.refuse_unknown(list(dict.fromkeys(name for side in sides for name in side.table.column_names)))
    return sides[0], sides[1]


def _result(
    sides: tuple[_Side, _Side],
    findings: Sequence[Finding],
    reject_share: float,
    profiles: Mapping[Comparison, tuple[Slices, Slices]],
) -> FilesCheckResult:
    before, now = sides
    verdict = Verdict(
        name=f"{os.path.basename(before.path)} -> {os.path.basename(now.path)}",
        findings=[*findings, *_rejected(before.ledger, now.ledger, reject_share)],
    )
    return FilesCheckResult(
        checked=CheckResult(verdict=verdict, profiles=profiles),
        ledgers={side.path: side.ledger for side in sides},
        rejects={side.path: side.rejects for side in sides},
    )


def _on_one_side(sides: tuple[_Side, _Side], policy: SkewPolicy) -> list[Finding]:
    training, serving = (side.table.column_names for side in sides)
    return [
        Finding(
            feature=name,
            comparison="feature_skew",
            code=code,
            measure="presence",
            rows_baseline=sides[0].ledger.total,
            rows_current=sides[1].ledger.total,
            alarm=True,
            reason=f"not there in {other}",
        )
        for names, others, code, other in (
            (training, serving, "FEATURE_MISSING", "serving"),
            (serving, training, "FEATURE_NEW", "training"),
        )
        for name in names
        if name not in others and not policy.ignores(name)
    ]


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
