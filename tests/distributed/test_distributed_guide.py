"""The options that the guide names exist in Beam, whose runners ignore unknown ones without an error."""

import re
from argparse import ArgumentParser
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "distributed.md"
OTHERS = {
    *("--service_port", "--artifacts-dir", "--from"),  # of the worker pool, of Spark's job server, of COPY
    *("--engine", "--data", "--out", "--events", "--outcomes", "--port", "--nthreads"),  # of headrace, of Dask
}


@pytest.mark.beam
def test_every_option_that_the_guide_names_is_beams() -> None:
    from apache_beam.options.pipeline_options import PipelineOptions

    known: set[str] = set()
    for options in PipelineOptions.__subclasses__():
        parser = ArgumentParser(conflict_handler="resolve")
        options._add_argparse_args(parser)
        known |= {name for action in parser._actions for name in action.option_strings}
    named = set(re.findall(r"--[a-z][a-z_-]+", GUIDE.read_text()))
    assert len(named) > 10
    assert named - OTHERS <= known
