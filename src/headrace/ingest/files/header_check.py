"""Whether files have the columns that the record declares: every fault of every file at once."""

from __future__ import annotations

import os
from collections.abc import Sequence

from headrace.errors import DataError
from headrace.ingest.formats.file_format import InputFile
from headrace.ingest.spec.fields import RecordSpec


def check_columns(files: Sequence[InputFile], record: RecordSpec | None) -> None:
    """Compares the header of each CSV file with the record. An empty file has no header, so nothing is missing.

    Raises:
        DataError: `2 columns are missing from 2013.csv: net, zip; it has: age, bib`, one line for each file.
    """
    if record is None:
        return
    declared = dict.fromkeys(field.path for field in record.fields)
    faults = []
    for file in files:
        columns = file.all_columns
        if not file.columns or not columns:
            continue
        name = os.path.basename(file.path)
        has = f"it has: {', '.join(columns)}"
        there = set(columns)
        missing = [path for path in declared if path not in there]
        unknown = [column for column in columns if column not in declared]
        if missing:
            verb = "column is" if len(missing) == 1 else "columns are"
            faults.append(f"{len(missing)} {verb} missing from {name}: {', '.join(missing)}; {has}")
        if unknown and record.unknown == "refuse":
            verb = "column" if len(unknown) == 1 else "columns"
            faults.append(f"{name} has {len(unknown)} {verb} that the record refuses: {', '.join(unknown)}")
    if faults:
        raise DataError("\n".join(faults))
