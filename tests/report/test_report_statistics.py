from dataclasses import replace
from html.parser import HTMLParser

from headrace.report.statistics import number, render_statistics, share, summary
from headrace.stats.summary import DataSetSummary, FeatureSummary

PACE = FeatureSummary(
    name="pace",
    kind="float",
    rows=10,
    missing=2,
    values=8,
    most_values=1,
    mean=5.0,
    deviation=1.5,
    smallest=4.0,
    median=4.5,
    largest=6.0,
    bars=((4.0, 5.0, 6.0), (5.0, 6.0, 2.0)),
)
CITY = FeatureSummary(
    name="<b>city",
    kind="text",
    rows=10,
    missing=0,
    values=20,
    most_values=2,
    distinct=3,
    cut=4,
    top=(("Köln", 12.0), ("", 8.0)),
)
NEVER = FeatureSummary(name="never", kind="text", rows=10, missing=10, values=0, most_values=0, distinct=0)
WHOLE = DataSetSummary(
    name="All Examples", rows=10, features=(PACE, CITY, NEVER), crosses=(("a", "b", 9, -0.5), ("a", "c", 9, 0.9))
)


class Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.text.append(data.strip())


def page():
    seen = Seen()
    html = render_statistics(
        {"rides.csv": [WHOLE, DataSetSummary(name="city_Oslo", rows=4, features=())]}, title="Rides"
    )
    seen.feed(html)
    return html, seen


def test_the_page_needs_nothing_else_and_runs_nothing():
    html, seen = page()
    assert not seen.links
    assert "script" not in seen.tags
    assert "http" not in html.split("</style>")[1]


def test_every_feature_and_slice_is_on_it_escaped():
    html, seen = page()
    assert "<b>city" not in html
    assert "&lt;b&gt;city" in html
    for told in ("pace", "never", "city_Oslo", "20.0 %", "Köln", "(empty)", "values in none of the counts"):
        assert told in seen.text
    assert seen.tags.count("rect") == 2
    assert seen.text.index("+0.900") < seen.text.index("-0.500")


def test_numbers_are_for_people():
    assert [number(n) for n in (None, float("nan"), 3.0, 1234567.0, 0.12345, 12345.678)] == [
        "-", "-", "3", "1,234,567", "0.1235", "12,346",
    ]  # fmt: skip
    assert [share(0, 0), share(1, 3), share(1, 1000), share(0, 5)] == ["0 %", "33 %", "0.1 %", "0 %"]
    assert summary(PACE) == "4 to 6, median 4.5, mean 5 ± 1.5"
    infinite = replace(PACE, largest=float("inf"), mean=float("nan"), deviation=0.0)
    assert summary(infinite) == "4 to inf, median 4.5, no mean: some are infinite"
    assert summary(CITY) == "Köln 60 %, (empty) 40 %"
    assert summary(NEVER) == "no values"
