"""Airflow 2: a DAG file with a task for every node. The pipeline's parameters become params of the DAG."""

from __future__ import annotations

from headrace_pipelines.adapters.target import Target, python_constants

BODY = """
# Airflow renders templates, such as {{ ds }}, when a task starts. All other parameters are params of the run.
TEMPLATES = {name: value for name, value in PARAMETERS.items() if value and "{{" in value}

with DAG(
    dag_id=PIPELINE,
    schedule=SCHEDULE,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    params={
        name: Param(type="string") if value is None else value
        for name, value in PARAMETERS.items()
        if name not in TEMPLATES
    },
    tags=["headrace"],
) as dag:
    # Values are passed through the environment, so that the shell does not interpret them.
    values = {
        f"HEADRACE_SET_{number}": f"{name}={TEMPLATES.get(name, f'{{{{ params[{name!r}] }}}}')}"
        for number, name in enumerate(PARAMETERS)
    }
    words = [*COMMAND, "run-node", "--pipeline-ir", str(Path(__file__).with_suffix(".json"))]
    start = " ".join(["exec", *map(shlex.quote, words), '--run-id "$HEADRACE_RUN_ID"'])
    start += "".join(f' --set "${variable}"' for variable in values)
    tasks = {
        node: BashOperator(
            task_id=node,
            bash_command=f"{start} --node {shlex.quote(node)}",
            env={"HEADRACE_RUN_ID": "{{ run_id }}", **values},
            append_env=True,
            cwd=str(Path(__file__).parent),
            retries=RETRIES,
        )
        for node in NODES
    }
    for node, upstream in NODES.items():
        for before in upstream:
            tasks[before] >> tasks[node]
"""

IMPORTS = """import shlex
from datetime import datetime
from pathlib import Path

from airflow.models.dag import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
"""


def render(target: Target) -> str:
    """The DAG file. It expects the compiled pipeline beside it, in a file of the same name that ends in `.json`."""
    head = f'"""{target.dag.name}, one task per node. Written by `headrace compile airflow`; imports Airflow only."""'
    return f"{head}\n\n{IMPORTS}\n{python_constants(target, schedule=True)}\n{BODY}"
