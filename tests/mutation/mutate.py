"""Changes the code of an area, one small change at a time, and lists the changes that no test notices.

    make mutants AREA=labels                                       the whole area
    make mutants AREA=labels ARGS='headrace.labels.windows.*'    of one module, anew

It works on a copy in build/mutants/AREA, and goes on where it was stopped. mutmut changes the bodies of functions, but
not those with decorators other than staticmethod and classmethod, nor what stands outside of functions.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
AREAS = tomllib.loads((Path(__file__).parent / "areas.toml").read_text())
MUTMUT = str(Path(sys.executable).with_name("mutmut"))


def settings(mutate: list[str], tests: list[str], others: list[str]) -> str:
    """What mutmut reads: lists are lines."""
    options = {
        "source_paths": ["src"],
        "only_mutate": mutate,
        "also_copy": others,
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ["-m", "not tfx and not beam", "-p", "no:xdist", "-p", "no:cov"],
    }
    return "\n".join(
        ["[mutmut]", *(line for name, lines in options.items() for line in (f"{name} =", *_indented(lines)))]
    )


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def copied(folder: Path) -> list[str]:
    """Makes `folder` hold the project as it is now; gives the names of what is beside the code and the tests."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = [Path(name) for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    names = sorted({path.parts[0] for path in files})
    for name in names:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return [name for name in names if name not in ("src", "tests")]


def main(arguments: list[str] | None = None) -> int:
    """Runs mutmut; the exit code is 1 where fewer changes are noticed than `--least`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("mutants", nargs="*", help="names or patterns, to test them anew")
    parser.add_argument("--least", type=float, default=0.0, help="share of changes that tests must notice, 0..1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    area = AREAS[given.area]
    folder = ROOT / "build" / "mutants" / given.area
    others = copied(folder)
    (folder / "setup.cfg").write_text(settings(area["mutate"], area["tests"], others))
    # The same examples for each change, and threads that do not compete with the other process.
    path = os.pathsep.join(str(folder / name) for name in ("components", "pipelines"))
    environment = {**os.environ, "CI": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": path}

    def mutmut(*words: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run([MUTMUT, *words], cwd=folder, env=environment, text=True, capture_output=capture)

    if mutmut("run", "--max-children", str(given.jobs), *given.mutants).returncode:
        return 2
    mutmut("export-cicd-stats", capture=True)
    counts = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text())
    for line in mutmut("results", capture=True).stdout.splitlines():
        print(line)
    noticed, total = counts["killed"] + counts["timeout"] + counts["segfault"], counts["total"] - counts["skipped"]
    share = noticed / total if total else 0.0
    print(f"{given.area}: tests notice {noticed} of {total} changes ({share:.1%}); no test runs {counts['no_tests']}")
    return int(share < given.least)


if __name__ == "__main__":
    sys.exit(main())
