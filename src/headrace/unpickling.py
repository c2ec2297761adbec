"""No data file runs code: pyarrow is never without its hotfix in a process that imported headrace.

pyarrow before 14.0.1 unpickles a column's type when a file says that it is an `arrow.py_extension_type`, and what is
unpickled may be any call (CVE-2023-47248). `pyarrow_hotfix` makes that an error, also for Beam and TFDV. It imports
pyarrow, which takes ten times as long as `import headrace` may: so it is imported right after pyarrow is, whoever
imports that.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ARROW, HOTFIX = "pyarrow", "pyarrow_hotfix"


def forbid_unpickling() -> None:
    """Forbids pyarrow to unpickle types: now if it is imported, or else as soon as it is. Calling it again is fine.

    Raises:
        ModuleNotFoundError: the hotfix is not installed; where pyarrow is not imported yet, importing it raises this.
    """
    if ARROW in sys.modules:
        importlib.import_module(HOTFIX)
    if not any(isinstance(finder, _AfterArrow) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterArrow())


class _AfterArrow:
    """A finder of modules. Finds pyarrow as the other finders do, and has the hotfix imported when pyarrow has run."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != ARROW:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_fix(module: ModuleType) -> None:
                run(module)
                importlib.import_module(HOTFIX)

            # On the loader itself, so that it stays what it is for those who ask it for sources or resources.
            spec.loader.exec_module = run_and_fix  # type: ignore[method-assign]
        return spec
