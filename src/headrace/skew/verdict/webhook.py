"""Posts a summary of a verdict to a webhook in the format of Slack. A webhook that is down does not stop a pipeline.

{"text": "Span 3: not blessed, 2 alarms\n• pace: FEATURE_SKEW: differs in 900 of 900 pairs ..."}
"""

from __future__ import annotations

import json
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from headrace.errors import UsageError
from headrace.skew.verdict.findings import Finding, Verdict, group_alike
from headrace.words import counted

SHOWN = 10
TRIES = 4
TIMEOUT_S = 10.0
PAUSE_S = 1.0
"""Before the second try; it doubles with each further one."""
FROM_ENVIRONMENT = "env:"

_log = logging.getLogger("headrace.skew")


def check_address(webhook: str) -> None:
    """Refuses what can't be a webhook.

    Raises:
        UsageError: it is neither an http(s) URL nor `env:NAME`.
    """
    if webhook.startswith(FROM_ENVIRONMENT) and len(webhook) > len(FROM_ENVIRONMENT):
        return
    parts = urllib.parse.urlsplit(webhook)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"webhook must be an http(s) URL or env:NAME of a variable that holds one, got {webhook!r}")


def post(
    verdict: Verdict,
    webhook: str,
    *,
    title: str = "",
    link: str = "",
    always: bool = False,
    pause_s: float = PAUSE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Posts a summary; whether it arrived. It tries again after errors that may pass, and raises nothing.

    Args:
        verdict: what is summarized.
        webhook: the URL, or `env:NAME` of an environment variable that holds it: it is a secret.
        title: what was checked.
        link: where the report is.
        always: post a verdict without alarms and warnings too; else that is not posted, and counts as arrived.
        pause_s: seconds before the second try.
        sleep: how to wait.
    """
    if not always and not verdict.alarms and not verdict.warnings:
        return True
    url = webhook
    if webhook.startswith(FROM_ENVIRONMENT):
        name = webhook.removeprefix(FROM_ENVIRONMENT)
        url = os.environ.get(name, "")
        if not url:
            _log.warning("the summary was not posted: the environment variable %s is not set", name)
            return False
    body = json.dumps(payload(verdict, title=title, link=link)).encode()
    for attempt in range(TRIES):
        if attempt:
            sleep(pause_s * 2 ** (attempt - 1))
        again, why = _try(url, body)
        if not why:
            return True
        _log.warning("posting the summary failed (%d of %d tries): %s", attempt + 1, TRIES, why)
        if not again:
            break
    return False


def _try(url: str, body: bytes) -> tuple[bool, str]:
    # Whether another try may help, and what went wrong. The URL is a secret, so messages do not have it.
    try:
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            response.read()
        return False, ""
    except urllib.error.HTTPError as error:
        return error.code >= 500 or error.code in (408, 429), f"status {error.code}"
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        return not isinstance(error, ValueError), str(reason)
    except Exception as error:
        return False, type(error).__name__


def payload(verdict: Verdict, *, title: str = "", link: str = "") -> dict[str, str]:
    """What is posted: plain text in the one field that Slack and its like read."""
    state = "blessed" if verdict.blessed else "not blessed"
    counts = [counted(len(verdict.alarms), "alarm"), counted(len(verdict.warnings), "warning")]
    numbers = ", ".join(words for words in counts if not words.startswith("0 "))
    head = f"{title or verdict.name or 'headrace'}: {state}" + (f", {numbers}" if numbers else "")
    worst = group_alike([*verdict.alarms, *verdict.warnings])
    lines = [f"• {_line(finding)}" for finding in worst[:SHOWN]]
    if len(worst) > SHOWN:
        lines.append(f"and {len(worst) - SHOWN:,} more")
    if link:
        lines.append(f"Report: {link}")
    return {"text": _escaped("\n".join([head, *lines]))}


def _line(finding: Finding) -> str:
    words = str(finding)
    return words if len(words) <= 300 else f"{words[:299]}…"


def _escaped(text: str) -> str:
    # The three characters that are markup to Slack.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
