"""Luigi: a module with a task for every node. A task is complete when its log file exists."""

from __future__ import annotations

from headrace_pipelines.adapters.target import Target, python_constants

IMPORTS = """import subprocess
from pathlib import Path
from urllib.parse import quote

import luigi
"""

BODY = '''

class Node(luigi.Task):
    """One node of one run; its output is the log of the node."""

    node = luigi.ChoiceParameter(choices=list(NODES))
    run_id = luigi.Parameter()
    state = luigi.Parameter(default=str(Path(__file__).with_suffix(".runs")), significant=False)
    parameters = luigi.DictParameter(default={})
    retry_count = RETRIES + 1

    def requires(self):
        return [self.clone(node=before) for before in NODES[self.node]]

    def output(self):
        return luigi.LocalTarget(str(Path(self.state) / quote(self.run_id, safe="") / f"{self.node}.log"))

    def run(self):
        words = [*COMMAND, "run-node", "--pipeline-ir", str(Path(__file__).with_suffix(".json"))]
        words += ["--node", self.node, "--run-id", self.run_id]
        for name, value in {**PARAMETERS, **self.parameters}.items():
            words += [] if value is None else ["--set", f"{name}={value}"]
        with self.output().temporary_path() as path, open(path, "w") as log:
            subprocess.run(words, stdout=log, check=True, cwd=Path(__file__).parent)


class Pipeline(luigi.WrapperTask):
    """Every node of one run."""

    run_id = luigi.Parameter()
    state = luigi.Parameter(default=str(Path(__file__).with_suffix(".runs")), significant=False)
    parameters = luigi.DictParameter(default={})

    def requires(self):
        return [
            Node(node=node, run_id=self.run_id, state=self.state, parameters=self.parameters) for node in NODES
        ]
'''


def render(target: Target) -> str:
    """The module. It expects the compiled pipeline beside it, in a file of the same name that ends in `.json`."""
    head = f'"""{target.dag.name}, one task per node. Written by `headrace compile luigi`; imports Luigi only."""'
    return f"{head}\n\n{IMPORTS}\n{python_constants(target)}\n{BODY}"
