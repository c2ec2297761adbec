"""A report with all that one can have: alarms, warnings, slices, pairs, labels, ledgers, changes of schemas."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from headrace.ledger import Ledger
from headrace.report import Extras, part_of, render_parts
from headrace.skew import CheckResult, Rule, SkewPolicy, Verdict, compare, profile_slices
from headrace.skew.pairs import FeatureSkewSpec, TableColumns, detect_feature_skew, pair_findings

N = 3000
POLICY = SkewPolicy(ignore=("id",), rules=(Rule(action="warn", feature="age_group"),))


def table(seed: int, *, faulty: bool = False) -> pa.Table:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, N)
    heart_rate = rng.normal(148, 12, N).round()
    groups = np.where(age < 30, "18-29", np.where(age < 50, "30-49", "50+"))
    if faulty:
        heart_rate[: N // 8] = 0
        groups[: N // 10] = "under 18"
    return pa.table(
        {
            "id": [f"s{i:05}" for i in range(N)],
            "age": age,
            "age_group": groups,
            "pace_min_per_km": rng.normal(5.5, 0.7, N) * (1.609344 if faulty else 1),
            "heart_rate": heart_rate,
            "route": rng.choice(["Boston Marathon", "Ürümqi <Loop> & Hills", "River 10k", "Park 5k"], N),
            "daypart": rng.choice(["morning", "midday", "evening"], N),
            "elevation_m": rng.lognormal(4, 1, N),
        }
    )


def checked(faulty: bool = True) -> CheckResult:
    sides = profile_slices(table(1), ["daypart"]), profile_slices(table(2, faulty=faulty), ["daypart"])
    findings = compare(*sides, POLICY)
    return CheckResult(verdict=Verdict(findings=findings), profiles={"drift": sides})


def page(*, faulty: bool = True) -> str:
    training = table(1)
    serving = training.set_column(3, "pace_min_per_km", pa.array(training["pace_min_per_km"].to_numpy() * 1.609344))
    paired = detect_feature_skew(TableColumns(training), TableColumns(serving), FeatureSkewSpec(keys=("id",)))
    one = checked(faulty)
    both = Verdict(findings=[*one.verdict.findings, *pair_findings(paired, POLICY)]) if faulty else one.verdict
    parts = [
        part_of(CheckResult(verdict=both, profiles=one.profiles), name="training", paired=paired if faulty else None),
        part_of(checked(False), name="runs"),
    ]
    facts = {
        "ledger": {"parts": {"observed": 2120, "negative": 880, "missing": 0}},
        "coverage": 0.7067,
        "balance": {"1": 1600, "0": 1400},
        "delay_s": {"64": 120, "1024": 700, "4096": 900, "16384": 400},
    }
    rows = {"accepted": 2950, "rejected": 30, "duplicate": 20, "withheld": 0}
    extras = Extras(
        ledgers={"ingested suggestions": Ledger(subject="rows", total=3000, parts=rows)},
        labels={"accepted": facts},
        changes={
            "training schema": [
                {"feature": "age_group", "words": "domain: + 'under 18'", "compatibility": "backward"},
                {"feature": "pace", "words": "type: INT -> FLOAT", "compatibility": "breaking"},
            ]
        },
        alarms={"ingested runs": ["SOURCE_LOW: phone has 12 rows, 1,000 are usual"]} if faulty else {},
    )
    return render_parts(parts, title="Runner suggestions, 2026-03-05", extras=extras)
