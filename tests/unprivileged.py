"""Runs code as somebody who may not do everything, also where the tests run as root."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 65534
HEAD = """
import os, sys
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({id})
    os.setuid({id})
"""


def run(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs Python code in a process of its own that has root's rights nowhere; `folder` becomes reachable for it."""
    if os.geteuid() == 0:
        # pytest's folders are for their owner only.
        for parent in [folder, *folder.parents]:
            if parent.stat().st_uid == 0 and parent not in (Path("/"), Path("/tmp")):
                parent.chmod(parent.stat().st_mode | 0o055)
    command = [sys.executable, "-c", HEAD.format(id=NOBODY) + code, *arguments]
    environment = {**os.environ, "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=300)
    if "No module named" in done.stderr:
        pytest.skip("the interpreter stands where only root may read, so nobody else can run it")
    return done
