"""What a SkewCheck node does when it runs."""

import glob
import json
import os
import shutil
import tempfile
from dataclasses import replace
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact, artifact_utils

from headrace.alarms import Alarm
from headrace.errors import DataError, UsageError
from headrace.files.outputs import MANIFEST, whole_directory
from headrace.files.storage import matches, open_file
from headrace.skew import SkewPolicy, Verdict
from headrace_components import parameters, payload

MODES = ("annotate", "skip", "fail")


class Executor(base_executor.BaseExecutor):
    """Checks `statistics` against schema, serving and baseline."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Runs the node; the outputs appear whole or not at all.

        Raises:
            DataError: there is an alarm, in mode `fail`.
        """
        from headrace.report import render, to_json
        from headrace.schema.column_types import types_in
        from headrace.skew.examples import Shards, check_examples
        from headrace.skew.pairs import FeatureSkewSpec
        from headrace.skew.run import check
        from headrace.skew.shift import ShiftSpec
        from headrace.skew.verdict.anomalies import to_anomalies
        from headrace.skew.verdict.upstream import upstream_findings
        from headrace.skew.verdict.webhook import post

        self._log_startup(input_dict, output_dict, exec_properties)
        policy = SkewPolicy.from_json(exec_properties["policy"])
        mode = parameters.text(exec_properties, "mode", "annotate")
        statistics = payload.only(input_dict, "statistics")
        serving = _source(payload.optional(input_dict, "serving_statistics"))
        baseline = _source(
            payload.optional(input_dict, "baseline_statistics"), parameters.text(exec_properties, "baseline_uri")
        )
        history = json.loads(parameters.text(exec_properties, "history_uris") or "[]")
        schema = payload.read_schema(payload.only(input_dict, "schema").uri)
        (anomalies,), (report,) = output_dict["anomalies"], output_dict["report"]

        splits = payload.splits(statistics)
        examples = payload.optional(input_dict, "examples")
        serving_examples = payload.optional(input_dict, "serving_examples")
        offending = tempfile.mkdtemp() if parameters.integer(exec_properties, "offending_rows") else None
        checked = {
            split: check(
                statistics=payload.read_statistics(statistics.uri, split),
                schema=schema,
                serving=_paired(serving, split, splits),
                baseline=_paired(baseline, split, splits),
                history=[_paired(_source(None, uri), split, splits) for uri in history],
                policy=policy,
                name=split if len(splits) > 1 else "",
                examples=_split_shards(examples, split),
                serving_examples=_split_shards(serving_examples, split),
                rows_dir=os.path.join(offending, f"Split-{split}") if offending else None,
            )
            for split in splits
        }

        pairs = parameters.text(exec_properties, "feature_skew")
        labeled = parameters.text(exec_properties, "shift")
        found, paired = check_examples(
            Shards(
                training=_shards(input_dict, "examples"),
                serving=_shards(input_dict, "serving_examples"),
                baseline=_shards(input_dict, "baseline_examples")
                or _shards_at(parameters.text(exec_properties, "baseline_examples_uri")),
            ),
            policy,
            feature_skew=FeatureSkewSpec.from_json(pairs) if pairs else None,
            shift=ShiftSpec.from_json(labeled) if labeled else None,
            types=types_in(schema),
        )
        # Rows of all splits are checked together; the findings are added to the first split.
        first = splits[0]
        checked[first] = replace(checked[first], verdict=checked[first].verdict + Verdict(findings=found))
        # Upstream alarms are about all splits: the verdict on each split has them, and the whole verdict has them once.
        upstream = Verdict(findings=upstream_findings(_alarms_before(input_dict)))
        checked = {split: replace(one, verdict=one.verdict + upstream) for split, one in checked.items()}
        findings = dict.fromkeys(f for c in checked.values() for f in c.verdict.findings)
        verdict = Verdict(name="all splits", findings=list(findings))
        title = f"Span {statistics.span}"
        with whole_directory(anomalies.uri) as staging:
            for split, one in checked.items():
                folder = os.path.join(staging, f"Split-{split}")
                os.makedirs(folder)
                with open(os.path.join(folder, "SchemaDiff.pb"), "wb") as file:
                    file.write(to_anomalies(one.verdict).SerializeToString())
        with whole_directory(report.uri) as staging:
            if offending:
                shutil.move(offending, os.path.join(staging, "offending_rows"))
            with open(os.path.join(staging, "verdict.json"), "w", encoding="utf-8") as text:
                text.write(verdict.to_json())
            with open(os.path.join(staging, "report.html"), "w", encoding="utf-8") as text:
                text.write(render(checked, title=title, paired=paired))
            with open(os.path.join(staging, "part.json"), "w", encoding="utf-8") as text:
                text.write(to_json(checked, paired=paired))

        anomalies.split_names = artifact_utils.encode_split_names(splits)
        anomalies.span = statistics.span
        for target in (anomalies, report):
            target.set_int_custom_property("blessed", verdict.blessed)
            target.set_int_custom_property("alarms", len(verdict.alarms))
        webhook = parameters.text(exec_properties, "webhook")
        if webhook:
            post(verdict, webhook, title=title, link=os.path.join(report.uri, "report.html"))
        if mode == "fail" and not verdict.blessed:
            # TFX removes the outputs of a node that fails, but then the report is needed most.
            kept = f"{report.uri.rstrip('/')}.failed"
            _copy_folder(report.uri.rstrip("/"), kept)
            alarms = "\n".join(map(str, verdict.alarms))
            raise DataError(f"not blessed, the report is {kept}/report.html; {len(verdict.alarms)} alarms:\n{alarms}")


def _copy_folder(source: str, target: str) -> None:
    with whole_directory(target) as staging:
        for path in matches(f"{glob.escape(source)}/**"):
            name = path.removeprefix(f"{source}/")
            if name == MANIFEST:
                continue  # the copy gets one of its own
            copy = os.path.join(staging, name)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            with open_file(path) as stream, open(copy, "wb") as file:
                shutil.copyfileobj(stream, file)


def _split_shards(examples: artifact.Artifact | None, split: str) -> list[str] | None:
    # The split with that name, or all splits where statistics are of their union.
    if examples is None:
        return None
    return payload.shards(examples, split) if split in payload.splits(examples) else payload.all_shards(examples)


def _alarms_before(input_dict: dict[str, list[artifact.Artifact]]) -> list[Alarm]:
    inputs = ("statistics", "serving_statistics")
    return payload.alarms_so_far(*(payload.optional(input_dict, name) for name in inputs))


def _shards(artifacts: dict[str, list[artifact.Artifact]], key: str) -> list[str]:
    given = payload.optional(artifacts, key)
    return payload.all_shards(given) if given else []


def _shards_at(uri: str) -> list[str]:
    if not uri:
        return []
    found = [
        path for split in payload.splits_at(uri) for path in matches(f"{glob.escape(uri)}/Split-{split}/*.parquet")
    ]
    if not found:
        raise UsageError(f"baseline_examples_uri {uri!r} has no Parquet file in its splits")
    return sorted(found)


def _source(given: artifact.Artifact | None, uri: str = "") -> tuple[str, list[str]] | None:
    # Where statistics are, and in which splits.
    if given:
        return given.uri, payload.splits(given)
    return (uri, payload.splits_at(uri)) if uri else None


def _paired(source: tuple[str, list[str]] | None, split: str, splits: list[str]) -> Any:
    if source is None:
        return None
    uri, names = source
    if split in names:
        return payload.read_statistics(uri, split)
    if len(names) == len(splits) == 1:
        return payload.read_statistics(uri, names[0])
    raise UsageError(
        f"split {split!r} has nothing to be compared with: {uri} has the splits {', '.join(names) or 'none'}; "
        "name them alike, or give Stats a union"
    )
