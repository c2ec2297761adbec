"""Celery: a module with the task that runs a node, and the workflow of all nodes.

Nodes run in waves: first those without an upstream node, then those that need only these, and so on. A wave starts when
the one before it is complete: Celery's Canvas has chains and groups, but no DAG of single tasks.
"""

from __future__ import annotations

from headrace_pipelines.adapters.target import Target, python_constants

IMPORTS = """import os
import subprocess
import sys
from pathlib import Path

from celery import Celery, chain, group
"""

BODY = '''
BROKER = os.environ.get("HEADRACE_BROKER", "redis://127.0.0.1:6379/0")

app = Celery(PIPELINE, broker=BROKER, backend=os.environ.get("HEADRACE_RESULTS", BROKER))
# Another worker runs the node of a worker that died; for a node that is complete, `headrace run-node` does nothing.
# Redis delivers a task again that is not acknowledged within the visibility timeout, so that is longer than any node
# takes.
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
    """Runs one node in a process of its own; returns its output."""
    words = [*COMMAND, "run-node", "--pipeline-ir", str(Path(__file__).with_suffix(".json"))]
    words += ["--node", name, "--run-id", run_id]
    for key, value in parameters.items():
        words += ["--set", f"{key}={value}"]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent).stdout


def waves():
    """The nodes in waves: first those without an upstream node, then those that need only these, and so on."""
    wave_of = {}
    for name, upstream in NODES.items():
        wave_of[name] = 1 + max((wave_of[before] for before in upstream), default=-1)
    return [[name for name in NODES if wave_of[name] == wave] for wave in sorted(set(wave_of.values()))]


def start(run_id, **parameters):
    """Sends a run to the workers; returns its result, which is ready when the last wave is complete."""
    values = {name: value for name, value in {**PARAMETERS, **parameters}.items() if value is not None}
    return chain(group(node.si(name, run_id, values) for name in wave) for wave in waves()).apply_async()


if __name__ == "__main__":
    run_id, *given = sys.argv[1:]
    start(run_id, **dict(word.split("=", 1) for word in given)).get()
'''


def render(target: Target) -> str:
    """The module. It expects the compiled pipeline beside it, in a file of the same name that ends in `.json`."""
    head = f'"""{target.dag.name}, one task per node. Written by `headrace compile celery`; imports Celery only."""'
    return f"{head}\n\n{IMPORTS}\n{python_constants(target)}\n{BODY}"
