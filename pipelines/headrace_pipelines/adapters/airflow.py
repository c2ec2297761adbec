"""Airflow 2: a DAG file with a task for every node. Parameters of the pipeline are params of the DAG."""

from __future__ import annotations

from headrace_pipelines.adapters.target import Target, constants

BODY = """
# Airflow fills templates, such as {{ ds }}, when a task starts; all other parameters are params of the run.
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
    # A value reaches the node through its environment, so that no shell takes it apart.
    values = {
        f"HEADRACE_SET_{place}": f"{name}={TEMPLATES.get(name, f'{{{{ params[{name!r}] }}}}')}"
        for place, name in enumerate(PARAMETERS)
    }
    words = [*COMMAND, "run-node", "--pipeline-ir", str(Path(__file__).with_suffix(".json"))]
    start = " ".join(["exec", *map(shlex.quote, words), '--run-id "$HEADRACE_RUN_ID"'])
    start += "".join(f' --set "${one}"' for one in values)
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
        for one in upstream:
            tasks[one] >> tasks[node]
"""

IMPORTS = """import shlex
from datetime import datetime
from pathlib import Path

from airflow.models.dag import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
"""


def render(target: Target) -> str:
    """The DAG file. Beside it, under the same name with `.json`, lies the pipeline."""
    head = f'"""{target.dag.name}, a task a node. Written by `headrace compile airflow`; imports Airflow only."""'
    return f"{head}\n\n{IMPORTS}\n{constants(target, schedule=True)}\n{BODY}"
