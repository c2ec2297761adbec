"""How far a plan is, in the log."""

from __future__ import annotations

import logging

from headrace.execution.engines import Observer


def logged(log: logging.Logger, plan: str, observe: Observer | None = None) -> Observer:
    """Logs each step of a plan at its start, at its end, and at each tenth between them; then calls `observe`."""

    def observe_and_log(step: str, done: int, total: int) -> None:
        if done in (0, total) or done * 10 // total != (done - 1) * 10 // total:
            log.info("%s: %s, %d of %d", plan, step, done, total, extra={"step": step, "done": done, "total": total})
        if observe:
            observe(step, done, total)

    return observe_and_log
