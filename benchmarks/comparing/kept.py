"""Parts run in a process of their own, and what they printed, kept until their code changes."""

from __future__ import annotations

import ast
import importlib
import os
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = ROOT / "build" / "comparing"
_PLACES: Final = (ROOT / "src", ROOT)
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def report_of(part: str, *, again: bool = False) -> str:
    """Return the report of a part, a module beside this one; as it was kept, unless ``again``."""
    file, key = KEPT / f"{part}.txt", _key(f"benchmarks.comparing.{part}")
    if file.exists() and not again:
        first, _, text = file.read_text(encoding="utf-8").partition("\n")
        if first == key:
            return text
    text = str(apart(f"benchmarks.comparing.{part}", "report"))
    KEPT.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{key}\n{text}", encoding="utf-8")
    return text


def apart(module: str, function: str, *arguments: Any) -> Any:
    """Call a function in a new process with one thread: nothing is loaded, nothing is cached."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_called, module, function, *arguments).result()


def _called(module: str, function: str, *arguments: Any) -> Any:
    return getattr(importlib.import_module(module), function)(*arguments)


def _key(module: str) -> str:
    """Return a hash of all that the module's figures depend on."""
    digest = sha256(" ".join(version(name) for name in ("numpy", "scipy")).encode())
    for path in sorted(_needed_by(module)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _needed_by(module: str) -> set[Path]:
    """Return the files of the module, and of all of ours that it imports at its top."""
    needed: set[Path] = set()
    ahead = [module]
    while ahead:
        name = ahead.pop().replace(".", "/")
        for path in (place / f"{name}.py" for place in _PLACES):
            if not path.exists() or path in needed:
                continue
            needed.add(path)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ImportFrom) and node.module:
                    ahead += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return needed
