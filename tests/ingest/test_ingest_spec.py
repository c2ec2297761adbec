"""A spec refuses to exist when it is wrong, says everything that is, and travels as JSON."""

import pytest

from headrace import UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, TimeRange

SOURCE = Source(name="app", pattern="x.csv")
FULL = IngestSpec(
    sources=(SOURCE, Source(name="old", pattern=("a*.tsv", "b.tsv"), format="csv", delimiter="\t", header=False)),
    record=RecordSpec(
        fields=(
            Field(name="id", required=True, missing=("", "-")),
            Field(name="at", kind="timestamp", source="t.at", formats=("%d.%m.%Y", "ms"), zone="Europe/Berlin"),
            Field(name="up", kind="quantity", unit="m", minimum=0, maximum=9000.5, zero_is_missing=True),
        ),
        unknown="keep",
    ),
    key=("id",),
    order_by="at",
    keep="last",
    between=TimeRange(field="at", start="2026-03-01T00:00:00+02:00", end="2026-03-02"),
    splits={"all": 1},
    split_by=("id",),
)


@pytest.mark.parametrize("spec", [FULL, IngestSpec(sources=(SOURCE,))])
def test_a_spec_comes_back_from_json_equal(spec):
    assert IngestSpec.from_json(spec.to_json()) == spec


def test_json_keeps_the_order_of_the_splits_which_decides_what_goes_where():
    spec = IngestSpec(sources=(Source(name="app", pattern="*.csv"),), splits={"train": 2, "eval": 1})
    assert list(IngestSpec.from_json(spec.to_json()).splits) == ["train", "eval"]


def test_times_without_offset_are_utc():
    between = TimeRange(field="at", start="2026-03-01", end="2026-03-01T03:00:00+02:00")
    assert between.end_us - between.start_us == 3_600_000_000


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Field(name=""), "name: expected a name, got ''"),
        (lambda: Field(name="x", kind="number"), "kind: expected one of integer, .* got 'number'"),
        (lambda: Field(name="x", minimum=1), "are for numbers, not for kind 'text'"),
        (lambda: Field(name="x", kind="float", minimum=2, maximum=1), "must not exceed maximum, got 2 and 1"),
        (lambda: Field(name="x", kind="quantity"), "unit is needed for a quantity"),
        (lambda: Field(name="x", kind="quantity", unit="bananas"), "that pint knows.* got 'bananas'"),
        (lambda: Field(name="x", kind="float", unit="m"), "got kind 'float', unit 'm'"),
        (lambda: Field(name="x", formats=("s",)), "formats are for timestamps"),
        (lambda: Field(name="x", kind="timestamp", formats=("%d %Z",)), "can't have %Z.* got %d %Z: declare the zone"),
        (lambda: Field(name="x", kind="timestamp", zone="Mars/Base"), "IANA name.* got 'Mars/Base'"),
        (lambda: RecordSpec(fields=(Field(name="x"), Field(name="x"))), "2 fields are named 'x'"),
        (lambda: RecordSpec(fields=()), "fields: expected at least one"),
        (lambda: RecordSpec(fields=(Field(name="x"),), unknown="lose"), "got 'lose'"),
        (lambda: Source(name="a", pattern=()), "pattern: expected at least one"),
        (lambda: Source(name="a", pattern="x", format="xml"), "got 'xml'"),
        (lambda: Source(name="a", pattern="x", delimiter='"'), "1 to 8 ASCII characters"),
        (lambda: Source(name="a", pattern="x", escape="ab"), "escape: expected one ASCII sign"),
        (lambda: Source(name="a", pattern="x", comment=" #"), "comment: expected 1 to 8 characters"),
        (lambda: Source(name="a", pattern="x", skip_rows=-1), "skip_rows: expected a whole number from 0"),
        (lambda: Source(name="a", pattern="x", delimiter="|", escape="|"), "delimiter and escape must differ"),
        (lambda: Source(name="a", pattern="x", comment=",#"), "comment can't begin as a delimiter"),
        (lambda: Source(name="a", pattern="x", skip_initial_space=True, delimiter=" "), "delimiter without spaces"),
        (lambda: Source(name="a", pattern="x", skip_rows=1, format="jsonl"), "skip_rows can be declared for CSV alone"),
        (lambda: Source(name="a", pattern="x", footer_rows=1, dialect="otlp"), "footer_rows can be .* dialect 'otlp'"),
        (lambda: TimeRange(field="at", start="2026-03-02", end="2026-03-01"), "start must be before end"),
        (lambda: TimeRange(field="at", start="soon", end="2026-03-01"), "time in ISO 8601, got 'soon'"),
        (lambda: IngestSpec(sources=()), "at least one"),
        (lambda: IngestSpec(sources=(SOURCE, SOURCE)), "different names"),
        (
            lambda: IngestSpec(sources=(SOURCE,), splits={"train": 0}),
            "splits.*: expected a whole number of at least 1",
        ),
        (
            lambda: IngestSpec(sources=(SOURCE,), max_reject_share=2),
            "max_reject_share: expected a share from 0 to 1",
        ),
        (lambda: IngestSpec(sources=(SOURCE,), order_by="at"), "needs a key"),
        (lambda: IngestSpec(sources=(SOURCE,), key=("z",), record=RecordSpec(fields=(Field(name="x"),))), "lacks"),
        (
            lambda: IngestSpec.from_json('{"sources": [], "colour": 1}'),
            "has no 'colour'; .* sources: expected at",
        ),
        (lambda: IngestSpec.from_json("nothing"), "IngestSpec: expected JSON, got 'nothing'"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(make, words):
    with pytest.raises(UsageError, match=words):
        make()


def test_all_faults_are_told_at_once():
    with pytest.raises(UsageError) as error:
        IngestSpec(sources=(SOURCE,), keep="best", policy="ignore", buckets=0)
    assert all(word in str(error.value) for word in ("'best'", "'ignore'", "buckets"))


def test_a_time_range_must_name_a_timestamp():
    with pytest.raises(UsageError, match="'id' must be a field of kind timestamp or date, got text"):
        IngestSpec(
            sources=(SOURCE,),
            record=RecordSpec(fields=(Field(name="id"),)),
            between=TimeRange(field="id", start="2026-03-01", end="2026-03-02"),
        )
