"""cli -> pipelines -> components -> core, and what each import may bring along."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import module_syntax
import pytest

pytestmark = module_syntax.SHARED

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "headrace_cli": ROOT / "src" / "headrace_cli",
    "headrace": ROOT / "src" / "headrace",
    "headrace_components": ROOT / "components" / "headrace_components",
    "headrace_pipelines": ROOT / "pipelines" / "headrace_pipelines",
}
MAY_IMPORT = {
    "headrace_cli": {"headrace", "headrace_cli", "headrace_components", "headrace_pipelines"},
    "headrace": {"headrace"},
    "headrace_components": {"headrace", "headrace_components"},
    "headrace_pipelines": {"headrace", "headrace_components", "headrace_pipelines"},
}
HEAVY = {"apache_beam", "tensorflow", "tensorflow_data_validation", "tensorflow_metadata", "tfx", "tfx_bsl"}
# Modules of the core that are for Beam or TFDV say so by their name, or by that of their folder.
MAY_BE_HEAVY = {"beam", "tf_examples", "tfdv", "tfdv_anomalies", "tfdv_inference", "anomalies", "protos"}
AREAS = [f"headrace.{area.name}" for area in PACKAGES["headrace"].iterdir() if (area / "__init__.py").exists()]


def imported_names(file: Path) -> set[str]:
    """The packages that a file imports, but for those that only a type checker looks at."""
    names = set()
    for node in module_syntax.imports(file, of_type_checkers=False):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def heavy_packages(modules: list[str]) -> dict[str, list[str]]:
    """By module, the heavy packages that came with it. One process imports all of them, one after the other."""
    code = f"""
import importlib, json, sys
brought, heavy = {{}}, {HEAVY!r}
for name in {modules!r}:
    importlib.import_module(name)
    brought[name] = sorted(heavy & set(sys.modules))
    heavy -= set(sys.modules)
print(json.dumps(brought))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    brought: dict[str, list[str]] = json.loads(done.stdout)
    return {name: packages for name, packages in brought.items() if packages}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_is_below_it(package: str) -> None:
    files = list(PACKAGES[package].rglob("*.py"))
    assert files
    for file in files:
        above = (imported_names(file) & set(PACKAGES)) - MAY_IMPORT[package]
        assert not above, f"{file.relative_to(ROOT)} imports {above}"


def test_only_modules_that_say_so_import_beam_or_tfdv_and_none_in_the_core_imports_tfx_or_tensorflow() -> None:
    for file in PACKAGES["headrace"].rglob("*.py"):
        found = imported_names(file) & HEAVY
        assert not found & {"tfx", "tensorflow"}, f"{file.relative_to(ROOT)} imports {found}"
        if not {file.stem, file.parent.name} & MAY_BE_HEAVY:
            assert not found, f"{file.relative_to(ROOT)} imports {found}: put that into a module named for it"


def test_importing_the_core_brings_no_beam_no_tfdv_no_tensorflow() -> None:
    assert len(AREAS) > 10
    assert not heavy_packages(["headrace", *AREAS])


def test_the_command_line_starts_without_tfx() -> None:
    assert not heavy_packages(["headrace_cli", "headrace_cli.main", "headrace_pipelines"])


@pytest.mark.tfx
def test_importing_the_components_brings_no_more_of_tfx_than_they_need() -> None:
    modules = modules_after("import headrace_components")
    assert "tfx.types" in modules
    assert not modules & {"tfx.v1", "tfx.components", "tensorflow_model_analysis", "tensorflow_transform", "kfp"}
    assert not any(name.startswith("headrace_pipelines") for name in modules)
