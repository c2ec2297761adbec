"""Distributed work as a plan of steps, and the engines that run it: threads, executors, Beam, Dask, Spark.

Imports neither Beam nor Dask nor Spark."""

from headrace.execution.engines import Engine, Observer, engine_named, engine_of, refuse_unknown, register
from headrace.execution.plan import Plan, Results, Step

__all__ = ["Engine", "Observer", "Plan", "Results", "Step", "engine_named", "engine_of", "refuse_unknown", "register"]
