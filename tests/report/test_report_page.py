import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pytest

from headrace.ledger import Ledger
from headrace.report import Part, part_of, render, render_parts
from headrace.report.parts import Row
from headrace.report.reasons import reasons
from headrace.skew import CheckResult, Finding, Verdict, compare, profile_slices
from headrace.skew.pairs import FeatureSkewSpec, TableColumns, detect_feature_skew

EVIL = '<script>alert("x")</script>$\\frac{1}{2}$'


def checked(seed=0, shift=2.0, features=2):
    rng = np.random.default_rng(seed)

    def table(by):
        columns = {f"n{i}": rng.normal(size=600) + by for i in range(features)}
        return pa.table({**columns, EVIL: rng.choice([EVIL, "b"], 600), "g": rng.choice(["x", "y"], 600)})

    sides = profile_slices(table(0), ["g"]), profile_slices(table(shift), ["g"])
    return CheckResult(verdict=Verdict(findings=compare(*sides)), profiles={"drift": sides})


@cache
def page(title="t", shift=2.0):
    """The page of a check, drawn once for all tests that read it."""
    return render(checked(shift=shift), title=title)


class Page(HTMLParser):
    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self, html):
        super().__init__()
        self.seen, self.open, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.seen if name == tag]


def test_the_page_is_well_formed_and_needs_nothing_from_outside():
    html = page()
    read = Page(html)
    assert read.open == []
    assert read.all("script") == [{}]
    assert [a["href"] for a in read.all("link")] == ["data:,"]
    (policy,) = [a["content"] for a in read.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    script = html.split("<script>")[1].split("</script>")[0]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert not read.all("img")
    loads = [a.get(name, "") for _, a in read.seen for name in ("src", "href", "xlink:href", "action", "data")]
    assert all(not target or target.startswith(("#", "data:,")) for target in loads)
    assert "url(http" not in html
    assert "@import" not in html


def test_the_verdict_and_its_reasons_come_first():
    html = page()
    verdict, chart, table = html.index("Not blessed: "), html.index("<svg"), html.index("<tbody>")
    assert verdict < html.index("JENSEN_SHANNON_HIGH") < chart < table
    assert "Blessed: no alarm in 4 features" in page(shift=0.0)


def test_values_and_names_are_shown_as_they_are_and_never_run():
    html = page(title=EVIL)
    read = Page(html)
    assert len(read.all("script")) == 1
    assert "alert" not in html.split("<script>")[1]
    assert any(EVIL in text for text in read.text)


def test_every_chart_is_told_in_words_and_every_table_has_headers():
    read = Page(page())
    figures = read.all("figure")
    assert figures
    assert all(f["role"] == "img" and "Distribution of" in f["aria-label"] for f in figures)
    assert all(svg["aria-hidden"] == "true" for svg in read.all("svg"))
    assert {cell["scope"] for cell in read.all("th")} == {"col", "row"}
    assert read.all("html")[0]["lang"] == "en"


def test_ids_of_drawings_do_not_collide():
    html = render({"train": checked(0), "eval": checked(0)}, title="t")
    svgs = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    clips = [set(re.findall(r'<clipPath id="([^"]+)"', svg)) for svg in svgs]
    assert len(set().union(*clips)) == sum(len(c) for c in clips) > 0


def test_the_same_check_gives_the_same_page():
    assert render(checked(), title="t") == page()


def test_worst_features_are_drawn_and_all_are_listed():
    html = render(checked(features=30), title="t")
    assert html.count("<svg") == 24
    assert "8 more features are only in the table" in " ".join(html.split())
    for i in range(30):
        assert f">n{i}</th>" in html
    assert len(html) < 1_500_000


def test_ledgers_are_shown():
    ledger = Ledger(subject="rows", total=3, parts={"accepted": 2, "rejected": 1})
    html = render(checked(), title="t", ledgers={"a.csv": ledger}, notes=["line 3 is broken"])
    assert "3 rows = 2 accepted + 1 rejected" in html
    assert "line 3 is broken" in html


def test_the_headline_says_what_was_not_looked_for():
    quiet = checked(shift=0.0)
    words = "no baseline was given: drift was not checked"
    untold = Finding(feature="n0", code="IDENTIFIER", measure="identifier", split="eval")
    findings = [*quiet.verdict.findings, Finding(feature="", code="NOT_ASKED", reason=words), untold]
    html = render(CheckResult(verdict=Verdict(findings=findings), profiles=quiet.profiles), title="t")
    assert f"Blessed: no alarm in 4 features; 1 of them not checked in full; {words}" in html
    assert '<td class="v">not checked</td>' in html
    assert "<td>eval</td>" in html


def test_a_feature_that_is_equal_on_both_sides_says_by_what_it_was_measured():
    same = checked(features=1).profiles["drift"][0]
    verdict = Verdict(findings=compare({"": same[""]}, {"": same[""]}))
    html = render(CheckResult(verdict=verdict, profiles={"drift": ({"": same[""]}, {"": same[""]})}), title="equal")
    assert "Kolmogorov-Smirnov" in html.split("Features, worst first")[1].split("All findings</h2>")[0]


def test_a_feature_is_one_reason_and_what_a_node_says_itself_is_not_said_twice():
    alarms = [
        Finding(feature="pace", code="JENSEN_SHANNON_HIGH", measure="jensen_shannon", alarm=True, reason="the median"),
        Finding(feature="pace", comparison="feature_skew", code="FEATURE_SKEW", alarm=True, reason="differs in all"),
        Finding(feature="", comparison="source", code="REJECTS", alarm=True, reason="3 rows were rejected"),
        Finding(feature="", slice="phone", code="ROWS_LOW", measure="rows_ratio", alarm=True, reason="9 rows now"),
        Finding(feature="", slice="watch", code="ROWS_LOW", measure="rows_ratio", alarm=True, reason="8 rows now"),
    ]
    rows = [("training", row) for row in part_of(CheckResult(verdict=Verdict(findings=alarms), profiles={})).rows]
    found = reasons(rows, {"ingested": ["REJECTS: 3 rows were rejected"]})
    assert sorted((r.about, r.worst.code, len(r.more)) for r in found) == [
        ("(all rows)", "ROWS_LOW", 0),
        ("(all rows)", "ROWS_LOW", 0),
        ("pace", "FEATURE_SKEW", 1),
    ]
    assert [r.worst.code for r in reasons(rows, {})].count("REJECTS") == 1


@pytest.mark.parametrize("seen", ["feature skew", "shift"])
def test_what_was_seen_row_by_row_leads_and_the_rest_keeps_its_order(seen):
    rows = [Row(feature="pace", comparison=kind, code=f"C{i}") for i, kind in enumerate(["drift", seen, "skew", seen])]
    (reason,) = reasons([("training", row) for row in rows], {})
    assert [row.code for row in (reason.worst, *reason.more)] == ["C1", "C3", "C0", "C2"]


def test_what_is_said_of_many_features_alike_is_one_reason():
    words = "the schema declares a drift comparator, but no baseline was given"
    warnings = [Finding(feature=f"n{i}", code="NOT_COMPARABLE", warning=True, reason=words) for i in range(9)]
    rows = [("", row) for row in part_of(CheckResult(verdict=Verdict(findings=warnings), profiles={})).rows]
    (reason,) = reasons(rows, {})
    assert reason.about == "n0, n1, n2, n3, n4 and 4 more"


def test_a_part_keeps_as_json_with_its_pairs():
    training = pa.table({"id": [f"s{i}" for i in range(50)], "pace": np.linspace(4, 6, 50)})
    serving = training.set_column(1, "pace", pa.array(np.linspace(4, 6, 50) * 1.609344))
    paired = detect_feature_skew(TableColumns(training), TableColumns(serving), FeatureSkewSpec(keys=("id",)))
    part = part_of(checked(), name="training", paired=paired)
    again = Part.from_json(part.to_json())
    assert again.to_json() == part.to_json()
    page = render_parts([again], title="t")
    assert "Pair by pair: training against serving" in page
    assert "a constant factor of 1.60934" in page
    assert "s0: 4 / 6.43738" in page
