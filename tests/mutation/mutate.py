"""Changes the code of an area, one small change at a time, and shows the changes that no test notices.

    make mutants AREA=labels                                       the whole area
    make mutants AREA=labels ARGS='--sample 250'                   250 changes of it, the same ones every time
    make mutants AREA=labels ARGS='headrace.labels.windows.*'      those of one module, anew

It works on a copy in build/mutants/AREA, and goes on where it was stopped. mutmut changes the bodies of functions, but
not those with decorators other than staticmethod and classmethod, nor what stands outside of functions. Changes that
no input can tell from the code are listed in equal.toml, and do not count.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AREAS = tomllib.loads((HERE / "areas.toml").read_text())
EQUAL = {(one["module"], one["change"]) for one in tomllib.loads((HERE / "equal.toml").read_text()).get("equal", [])}
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
NOTICED = ("killed", "timeout", "segfault")
NOT_RUN = 255
"""Exit code of a change whose tests did not run; mutmut counts it among the timeouts."""
SEED = 0


def settings(mutate: list[str], tests: list[str], leave_out: list[str], others: list[str]) -> str:
    """What mutmut reads: lists are lines."""
    left_out = [word for test in leave_out for word in ("--deselect", test)]
    options = {
        "source_paths": ["src"],
        "only_mutate": mutate,
        "also_copy": others,
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": [
            *("-m", "not tfx and not beam", "-p", "no:xdist", "-p", "no:cov", "-p", "mutation.quick_first"),
            "--hypothesis-profile=mutants",
            *left_out,
        ],
        # Each change starts from a process in which no test ran: caches of the code as it was would hide it.
        "process_isolation": ["forkserver"],
        "timeout_multiplier": ["5"],
        "timeout_constant": ["20"],
    }
    return "\n".join(["[mutmut]", *(line for name, lines in options.items() for line in _option(name, lines))])


def _option(name: str, lines: list[str]) -> list[str]:
    if name.startswith(("process", "timeout")):
        return [f"{name} = {lines[0]}"]
    return [f"{name} =", *(f"  {line}" for line in lines)]


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


def sample(size: int, jobs: int) -> list[str]:
    """Names of some changes of the area, the same ones every time; mutmut writes all of them into its copy first."""
    from mutmut import __main__ as mutmut

    mutmut.set_mutant_under_test("mutant_generation")
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(jobs)
    names = sorted(results())
    print(f"{min(size, len(names))} of {len(names)} changes are drawn")
    return random.Random(SEED).sample(names, min(size, len(names)))


def results() -> dict[str, tuple[str, Path]]:
    """Name of each change -> what became of it ("killed", "survived", ...), and its source file."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files

    found = {}
    for path in walk_mutatable_files():
        data: Any = SourceFileMutationData(path=path)
        data.load()
        for name, code in data.exit_code_by_key.items():
            found[name] = ("not run" if code == NOT_RUN else status_by_exit_code[code], path)
    return found


def shown(name: str, path: Path) -> tuple[str, str]:
    """The lines that a change takes away and adds, without their indentation."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
    old, new = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return old, new


def is_equal(name: str, path: Path) -> bool:
    """Whether the change is listed as one that no input can tell from the code."""
    return (name.partition(".x")[0], shown(name, path)[1]) in EQUAL


def main(arguments: list[str] | None = None) -> int:
    """Runs mutmut; the exit code is 1 where fewer changes are noticed than `--least`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("mutants", nargs="*", help="names or patterns, to test them anew")
    parser.add_argument("--sample", type=int, help="how many changes to test, drawn with a fixed seed")
    parser.add_argument("--least", type=float, default=0.0, help="share of changes that tests must notice, 0..1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args(arguments)
    area = AREAS[given.area]
    folder = ROOT / "build" / "mutants" / given.area
    others = copied(folder)
    (folder / "setup.cfg").write_text(settings(area["mutate"], area["tests"], area.get("leave_out", []), others))
    os.chdir(folder)
    Path("mutants").mkdir(exist_ok=True)
    # The same examples for each change, and threads that do not compete with the other process.
    path = os.pathsep.join(str(folder / name) for name in ("components", "pipelines", "tests"))
    environment = {**os.environ, "CI": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": path}

    drawn = sample(given.sample, given.jobs) if given.sample else []
    so_far = results() if drawn else {}
    anew = given.mutants or [
        name for name in drawn if so_far[name][0] not in NOTICED and not is_equal(name, so_far[name][1])
    ]
    if anew or not drawn:
        run = [MUTMUT, "run", "--max-children", str(given.jobs), *anew]
        if subprocess.run(run, env=environment).returncode:
            return 2
    found = {name: one for name, one in results().items() if not drawn or name in drawn}
    if given.mutants:
        found = {name: one for name, one in found.items() if any(fnmatch(name, pattern) for pattern in given.mutants)}
    return report(given.area, found, given)


def report(area: str, found: dict[str, tuple[str, Path]], given: argparse.Namespace) -> int:
    """Prints what no test notices, and the share of what is noticed."""
    counts: Counter[str] = Counter()
    for name, (status, path) in sorted(found.items()):
        if status not in NOTICED:
            if is_equal(name, path):
                status = "equal"
            else:
                old, new = shown(name, path)
                print(f"{status}: {name}\n  - {old}\n  + {new}")
        counts[status] += 1
    noticed, total = sum(counts[status] for status in NOTICED), counts.total() - counts["equal"]
    share = noticed / total if total else 0.0
    sampled = " in a sample" if given.sample else ""
    print(f"{area}: tests notice {noticed} of {total} changes ({share:.1%}){sampled}; {dict(counts)}")
    return int(share < given.least)


if __name__ == "__main__":
    sys.exit(main())
