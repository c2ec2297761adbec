"""Celery: a module with the task that runs a node, and the workflow of all nodes.

Nodes go in waves: those that wait for nobody, those that wait for these, ... A wave begins when the one before is
complete. Canvas has no finer DAG, and a schedule of our own would be an orchestrator.
"""

from __future__ import annotations

from headrace_pipelines.adapters.target import Target, constants

IMPORTS = """import os
import subprocess
import sys
from pathlib import Path

from celery import Celery, chain, group
"""

BODY = '''
BROKER = os.environ.get("HEADRACE_BROKER", "redis://127.0.0.1:6379/0")

app = Celery(PIPELINE, broker=BROKER, backend=os.environ.get("HEADRACE_RESULTS", BROKER))
# A node whose worker dies is run again by another: `headrace run-node` does nothing for one that is complete. Redis
# hands out again what is not acknowledged in time, so that time is longer than any node takes.
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 24 * 3600},
    result_backend_transport_options={"visibility_timeout": 24 * 3600},
)


@app.task(
    name=f"{PIPELINE}.node",
    autoretry_for=(subprocess.CalledProcessError,),
    max_retries=RETRIES,
    default_retry_delay=int(os.environ.get("HEADRACE_RETRY_DELAY_S", "30")),
)
def node(name, run_id, parameters):
    """Runs one node in a process of its own; returns what it said."""
    words = [*COMMAND, "run-node", "--pipeline-ir", str(Path(__file__).with_suffix(".json"))]
    words += ["--node", name, "--run-id", run_id]
    for key, value in parameters.items():
        words += ["--set", f"{key}={value}"]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent).stdout


def waves():
    """The nodes, first those that wait for nobody, then those that wait for these, and so on."""
    place = {}
    for name, upstream in NODES.items():
        place[name] = 1 + max((place[one] for one in upstream), default=-1)
    return [[name for name in NODES if place[name] == wave] for wave in sorted(set(place.values()))]


def start(run_id, **parameters):
    """Sends a run to the workers; returns its result, which is ready when the last wave is."""
    values = {name: value for name, value in {**PARAMETERS, **parameters}.items() if value is not None}
    return chain(group(node.si(name, run_id, values) for name in wave) for wave in waves()).apply_async()


if __name__ == "__main__":
    run_id, *given = sys.argv[1:]
    start(run_id, **dict(one.split("=", 1) for one in given)).get()
'''


def render(target: Target) -> str:
    """The module. Beside it, under the same name with `.json`, lies the pipeline."""
    head = f'"""{target.dag.name}, a task a node. Written by `headrace compile celery`; imports Celery only."""'
    return f"{head}\n\n{IMPORTS}\n{constants(target)}\n{BODY}"
