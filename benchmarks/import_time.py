"""What `import sampleaudit` costs beyond starting Python, and what it leaves unloaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np

from benchmarks.measuring import in_turns, show_table

ROUNDS = 15
HEAVY = (
    "click", "matplotlib", "narwhals", "numpy", "pandas", "pyarrow", "python_calamine", "scipy",
    "statsmodels", "tqdm", "xlsxwriter",
)  # fmt: skip
STATEMENTS = {
    "import sampleaudit": ROUNDS,
    "import numpy": 5,
    "import pandas": 5,
    "import sampleaudit; sampleaudit.rate_interval(13, 77, 500)": 5,
    "import sampleaudit; sampleaudit.draw": 5,
    "import sampleaudit.cli": 5,
}


def main() -> None:
    """Print the times beyond bare Python and the heavy packages that each statement loads."""
    rows = []
    for statement, rounds in STATEMENTS.items():
        taken, bare = in_turns(_python(statement), _python("pass"), rounds=rounds)
        beyond = np.array(taken) - np.array(bare)
        rows.append(
            [
                statement,
                f"{np.median(beyond):.3f}",
                f"{np.median(bare):.3f}",
                str(rounds),
                ", ".join(_loaded(statement)) or "none",
            ]
        )
    show_table(
        "Import time",
        ["statement", "seconds beyond Python", "bare Python", "rounds", "heavy packages loaded"],
        rows,
        "Medians of runs in turns with bare Python. Goal for the first row: under 0.1 s.",
    )


def _python(statement: str) -> Callable[[], object]:
    return lambda: _run(statement)


def _loaded(statement: str) -> list[str]:
    """Return which heavy packages a fresh Python has loaded after the statement."""
    names = f"(name for name in {HEAVY} if name in sys.modules)"
    return _run(f"{statement}\nimport sys\nprint(*{names})").split()


def _run(script: str) -> str:
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- ours
    return done.stdout
