"""Ingest, both joins and statistics of one day of the runner suggestions, by functions alone, on any engine.

suggestions -> ingest -> join features -> join labels -> statistics
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from examples.runner_suggestions import records
from headrace.execution import Engine, Observer
from headrace.ingest import IngestSpec, ingest
from headrace.labels import join_label_files
from headrace.point_in_time import join_feature_files
from headrace.stats import write_statistics


def join(
    data: Path, day: date, out: Path, engine: Engine | str, *, elements: int = 4, observe: Observer | None = None
) -> None:
    """From logs to labeled examples, in `out/joined/examples`.

    Args:
        data: the folder that `generate` wrote; like `out`, one that all workers reach.
        day: the first day of the data.
        out: a folder for the outputs.
        engine: the engine, or its name.
        elements: about how many byte ranges a file is cut into, and how many buckets the joins have.
        observe: gets the progress.
    """
    root = str(data.resolve())
    suggestions = records.suggestions(root, day)
    specs = {
        "suggestions": replace(suggestions, key=("suggestion_id",)),
        "responses": records.responses(root, day),
        "profiles": records.profiles(root, day, day),
        "runs": records.run_history(root),
    }
    largest = max(file.stat().st_size for file in data.rglob("*.*"))
    shards = {}
    for name, spec in specs.items():
        folder = out.resolve() / name
        cut = replace(spec, chunk_bytes=max(largest // elements, 1 << 16))
        ingest(
            cut, examples_dir=f"{folder}/examples", rejects_dir=f"{folder}/rejects", engine=engine, on_progress=observe
        )
        shards[name] = _shards(folder, cut)
    known, joined = out.resolve() / "known", out.resolve() / "joined"
    splits = list(suggestions.splits)
    join_feature_files(
        replace(records.FEATURES_AT_THE_TIME, buckets=elements, shards=elements),
        events={split: [path for path in shards["suggestions"] if f"/Split-{split}/" in path] for split in splits},
        tables={"profiles": shards["profiles"], "runs": shards["runs"]},
        examples_dir=f"{known}/examples",
        engine=engine,
        on_progress=observe,
    )
    labels = replace(records.labels(day), buckets=elements)
    join_label_files(
        labels,
        events=_shards(known, suggestions),
        outcomes=shards["responses"],
        examples_dir=f"{joined}/examples",
        unlabeled_dir=f"{joined}/unlabeled",
        unused_dir=f"{joined}/unused_outcomes",
        engine=engine,
        on_progress=observe,
    )


def measure(joined: Path, out: Path, engine: Engine | str, *, observe: Observer | None = None) -> None:
    """Statistics of what `join` wrote to `joined`."""
    folders = sorted((joined.resolve() / "joined" / "examples").glob("Split-*"))
    splits = {folder.name.removeprefix("Split-"): sorted(map(str, folder.iterdir())) for folder in folders}
    write_statistics(splits, str(out.resolve()), records.TRAINING_STATS, engine=engine, on_progress=observe)


def _shards(folder: Path, spec: IngestSpec) -> list[str]:
    return [str(path) for split in spec.splits for path in sorted(folder.glob(f"examples/Split-{split}/*.parquet"))]
