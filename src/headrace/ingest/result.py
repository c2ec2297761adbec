"""The result of an ingest: its ledger, whole and by file, its alarms, and what the fields became."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from headrace.alarms import Alarm
from headrace.ingest.faults.null_field import NulledValues
from headrace.ingest.records.value_counts import value_counts
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ledger import Ledger
from headrace.values import ColumnType, from_text, to_text


@dataclass(frozen=True, kw_only=True)
class IngestResult:
    """`ledger`: rows read = accepted + rejected + duplicate + withheld; `by_file` the same by path.

    `alarms` are those of all sources; that of rejects counts them by `reasons`. `fields` maps each column to its kind,
    `rows` each split to its number of rows. `nulled` counts faulty values that became null, by field and reason, of
    all rows that were not rejected. `columns` are those in the files, by source, where these have a header. `types` are
    those of the columns of the examples, which stand in Parquet too, but not in TFRecords.
    """

    ledger: Ledger
    by_file: Mapping[str, Ledger]
    alarms: Sequence[Alarm]
    fields: Mapping[str, str]
    rows: Mapping[str, int]
    nulled: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    types: Mapping[str, ColumnType] = field(default_factory=dict)

    def to_json(self) -> str:
        """One JSON text: what stands in `ledger.json`."""
        data = {
            "ledger": self.ledger.to_dict(),
            "by_file": {path: ledger.to_dict() for path, ledger in self.by_file.items()},
            "alarms": [alarm.to_dict() for alarm in self.alarms],
            "fields": dict(self.fields),
            "rows": dict(self.rows),
            "nulled": {name: dict(reasons) for name, reasons in self.nulled.items()},
            "columns": {source: list(columns) for source, columns in self.columns.items()},
            "types": json.loads(to_text(self.types)),
        }
        return json.dumps(data, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> IngestResult:
        """Inverse of `to_json`; checks the sums again."""
        data = json.loads(text)
        return cls(
            ledger=Ledger.from_dict(data["ledger"]),
            by_file={path: Ledger.from_dict(ledger) for path, ledger in data["by_file"].items()},
            alarms=[Alarm.from_dict(alarm) for alarm in data["alarms"]],
            fields=data["fields"],
            rows=data["rows"],
            nulled=data.get("nulled", {}),
            columns=data.get("columns", {}),
            types=from_text(json.dumps(data.get("types", []))),
        )


def alarms(spec: IngestSpec, by_source: Mapping[str, Ledger], rejects: pa.Table) -> list[Alarm]:
    """An alarm for each source of which a larger share than declared was rejected or duplicate."""
    found = []
    limits = (
        ("REJECTS", "rejected", spec.alarm_reject_share),
        ("DUPLICATES", "duplicate", spec.alarm_duplicate_share),
    )
    for source, ledger in by_source.items():
        for code, part, limit in limits:
            count = ledger[part]
            share = count / ledger.total if ledger.total else 0.0
            if share > limit:
                words = (
                    f"{count:,} of {ledger.total:,} rows of {source} were {part} "
                    f"({share:.2%}; expected at most {limit:.2%})"
                )
                reasons = None
                if code == "REJECTS":
                    mine = rejects.filter(pc.equal(rejects["source"], pa.scalar(source)))
                    words = f"{words}: {_reasons(mine)}"
                    reasons = _counted(mine)
                found.append(Alarm(code=code, source=source, count=count, share=share, words=words, reasons=reasons))
    return found


def null_alarms(spec: IngestSpec, source: str, ledger: Ledger, nulled: Sequence[NulledValues]) -> list[Alarm]:
    """An alarm for each field of a source in which a larger share than declared of the rows became null."""
    found = []
    for name in dict.fromkeys(one.field for one in nulled):
        ones = sorted((one for one in nulled if one.field == name), key=lambda one: (-one.count, one.reason))
        count = sum(one.count for one in ones)
        share = count / ledger.total
        if share > spec.alarm_reject_share:
            reasons = ", ".join(f"{one.count:,} {one.reason}" for one in ones)
            first = ones[0]
            words = (
                f"{count:,} faulty values of {name} in {source} became null ({share:.2%} of {ledger.total:,} rows; "
                f"expected at most {spec.alarm_reject_share:.2%}): {reasons}; the first {first.reason} in "
                f"{os.path.basename(first.file)}, line {first.line:,}, is {str(first.value)[:200]!r}"
            )
            found.append(Alarm(code="NULLED", source=source, count=count, share=share, words=words, field=name))
    return found


def _reasons(rejects: pa.Table) -> str:
    """`24 missing, 1 ragged; the first in a.csv, line 7, field 'pace'`: of rejects in the order of file and line."""
    counts = ", ".join(f"{count:,} {reason}" for reason, count in _counted(rejects).items())
    file, line, field = (rejects[name][0].as_py() for name in ("file", "line", "field"))
    return f"{counts}; the first in {os.path.basename(file)}, line {line:,}" + (f", field {field!r}" if field else "")


def _counted(rejects: pa.Table) -> dict[str, int]:
    """Rejects by reason, most frequent first."""
    return dict(sorted(value_counts(rejects["reason"]).items(), key=lambda counted: (-counted[1], counted[0])))
