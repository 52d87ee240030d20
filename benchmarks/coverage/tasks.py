"""Pieces of work that are done once, by two processes, and kept until their code changes."""

from __future__ import annotations

import ast
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from benchmarks.coverage.designs import LINEARISED, PLAIN, PROVED

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = ROOT / "build" / "coverage"
WORKERS: Final = 2
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SOURCES: Final = ("src/sampleaudit/formulas/*.py",)
_FORMULAS: Final = "src/sampleaudit/formulas"
_TEXTBOOK: Final = ("textbook", "linearisation")
_KNOWN: Final = {
    "profile": ("profile",),
    PLAIN: ("profile",),
    "guaranteed": ("guaranteed",),
    PROVED: ("fourier_chernoff",),
    "berger-boos": ("searched",),
    "wendell-schmee": ("searched",),
} | dict.fromkeys(("wright-sidak", *LINEARISED), _TEXTBOOK)
_BEGINS: Final = {
    "totals": _KNOWN,
    "simulation": _KNOWN,
    "ratios": {"profile": ("ratio",), "guaranteed": ("ratio_guaranteed",)}
    | dict.fromkeys(LINEARISED, _TEXTBOOK),
    "differences": {
        "profile": ("differences",),
        "guaranteed": ("difference_guaranteed",),
        PROVED: ("difference_proved",),
    }
    | dict.fromkeys(("newcombe", "mee", "miettinen-nurminen"), ("textbook_differences",)),
}
"""The modules of formulas that each part's methods begin in."""

Result = dict[str, Any]
Work = Callable[..., Result]


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work of a part: a function of a module, and its arguments.

    The result must be what JSON can hold.
    """

    part: str
    label: str
    work: Work
    arguments: tuple[Any, ...]

    @property
    def key(self) -> str:
        """Return a hash of what the result depends on."""
        module = f"benchmarks/coverage/{self.work.__module__.rsplit('.', 1)[-1]}.py"
        entries = self._entries()
        code = _code_of((*(_needed_by(entries) if entries else _SOURCES), module))
        text = f"{code} {self.work.__name__} {self.arguments!r}"
        return sha256(text.encode()).hexdigest()[:16]

    def _entries(self) -> tuple[str, ...]:
        """Return the modules of formulas that the task's method begins in, none if it has none."""
        begins = _BEGINS.get(self.part, {})
        found = [
            begins[each] for each in self.arguments if isinstance(each, str) and each in begins
        ]
        return found[0] if found else ()

    @property
    def file(self) -> Path:
        """Return where the result is kept."""
        name = "".join(letter if letter.isalnum() else "-" for letter in self.label)
        return KEPT / self.part / f"{name}.json"

    def kept(self) -> Result | None:
        """Return the result of an earlier run of the same code, if there is one."""
        if not self.file.exists():
            return None
        found: Result = json.loads(self.file.read_text(encoding="utf-8"))
        return found["result"] if found["key"] == self.key else None

    def keep(self, result: Result, key: str) -> None:
        """Write the result; it replaces an older one as a whole."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps({"key": key, "result": result}), encoding="utf-8")
        partial.replace(self.file)


def results_of(tasks: Sequence[Task], *, workers: int = WORKERS) -> dict[str, Result]:
    """Return the result of every task by its label, doing what was not kept."""
    results = {task.label: found for task in tasks if (found := task.kept()) is not None}
    for task, result, key in _done([task for task in tasks if task.label not in results], workers):
        task.keep(result, key)
        results[task.label] = result
    return results


def _done(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Result, str]]:
    """Yield each task with its result and key, as they end, and say how far it is."""
    if not tasks:
        return
    # a process starts anew, with one thread for linear algebra: two of them use two processors
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    started = time.perf_counter()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(task.work, *task.arguments): (task, task.key) for task in tasks}
        for count, future in enumerate(as_completed(futures), start=1):
            task, key = futures[future]
            spent = time.perf_counter() - started
            print(f"{spent:6.0f} s  {count}/{len(tasks)}  {task.part}: {task.label}", flush=True)
            yield task, future.result(), key


@cache
def _needed_by(entries: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files of formulas that these modules are made of, with all that they import."""
    needed, ahead = set(), list(entries)
    while ahead:
        name = ahead.pop()
        if name in needed:
            continue
        needed.add(name)
        tree = ast.parse((ROOT / _FORMULAS / f"{name}.py").read_text(encoding="utf-8"))
        ahead += [
            node.module.rsplit(".", 1)[-1]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and node.module is not None
            and node.module.startswith("sampleaudit.formulas.")
        ]
    return tuple(f"{_FORMULAS}/{name}.py" for name in sorted(needed))


@cache
def _code_of(patterns: tuple[str, ...]) -> str:
    """Return a hash of the code in these files, without comments and docstrings."""
    digest = sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.name.encode())
            digest.update(_bare(path.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()


def _bare(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body.pop(0)
    return ast.dump(tree)
