"""What keeps the library in order: rooms, what loads when, public names, and words to users.

The source is parsed, not imported, so imports inside functions and for type checkers count too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sampleaudit as sa

SOURCE = Path(sa.__file__).parent
ROOMS = (
    "errors", "cpr", "csvtext", "files", "statfiles", "wording", "formulas", "ids", "register",
    "analysis", "frame", "plan_strata", "plan", "drawing", "clusters", "sample", "planned",
    "replay", "drawn", "declared", "checklist", "findings", "measures", "estimates",
    "comparison", "planning", "plots", "review", "archive", "report", "settings", "audit_plan",
    "audit", "audit_report", "cli_plan", "cli_extend", "cli_review", "cli_report", "cli",
)  # fmt: skip
"""One room per step, in the order of the work. A room imports itself and earlier ones only."""
BESIDE = {
    "synthetic": ROOMS[: ROOMS.index("cli")],  # made-up data; nothing imports it
    "synthetic_country": ROOMS[: ROOMS.index("cli")],  # the same
    "__main__": ("cli",),
    "__init__": ROOMS,  # loads every room, but only when a name from it is first used
}
ROOT_READERS = {"cli": ("__version__",)}
"""Who may take what from the package itself, which is above all rooms."""
NUMERIC = {"numpy", "scipy"}
HEAVY = (
    "click", "docx", "jinja2", "markupsafe", "matplotlib", "narwhals", "numpy", "pandas", "pyarrow",
    "pyreadstat", "python_calamine", "scipy", "statsmodels", "tqdm", "xlsxwriter",
)  # fmt: skip
LONGEST_FILE = 330  # lines; about 300 is the aim, and a split should follow a concept
OTHER_ERRORS = {
    ("__init__", "AttributeError"): "what Python asks of a module without the name (PEP 562)",
    ("files", "ValueError"): "caught by the reader of JSON, which makes the message",
}
PICTURED = {
    "estimates.survey_table", "estimates.table", "comparison.funnel", "comparison.pooling",
    "comparison.standardised", "comparison.table", "comparison.verdict", "planning.budget",
    "planning.operating", "planning.tradeoff",
}  # fmt: skip
"""Whose values have a ``plot()``: it imports the pictures inside the method, against the direction,
as a result is drawn by its own name. Nothing is computed there."""
ENDS_A_SENTENCE = {
    "near_names": "ends with a question mark or a full stop",
    "_not_found": "the same",
    "_unknown_ending": "the same",
    "percent": "another sentence, or nothing after a full stop",
    "why": "another sentence",
    "mistake": "the message of another AuditError",
}
"""What may stand last in a message instead of text, and why that ends a sentence."""


@dataclass(frozen=True)
class Import:
    """One import: who imports which module, and, where it is a ``from``, which names."""

    importer: str
    module: str
    names: tuple[str, ...]
    line: int


def parsed() -> dict[str, ast.Module]:
    """Return the syntax tree of every file, by its module name without the package."""
    return {module_name(path): ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")}


def module_name(path: Path) -> str:
    """Return ``estimates.rates`` for estimates/rates.py and ``estimates`` for its __init__.py."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


TREES = parsed()


def imports_of(importer: str, tree: ast.Module) -> Iterator[Import]:
    """Yield every import of a file, wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, alias.name, (), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            assert 0 == node.level, f"{importer}, line {node.lineno}: name the package in full"
            names = tuple(alias.name for alias in node.names)
            yield Import(importer, str(node.module), names, node.lineno)


IMPORTS = [each for name, tree in TREES.items() for each in imports_of(name, tree)]
DRAWN = {
    (name, node.lineno)
    for name in PICTURED
    for place in ast.walk(TREES[name])
    if (isinstance(place, ast.FunctionDef) and place.name == "plot")
    or (isinstance(place, ast.If) and ast.unparse(place.test) == "TYPE_CHECKING")
    for node in ast.walk(place)
    if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sampleaudit.plots.")
}
"""Where values import the pictures of themselves: in plot(), and the names of its options."""


def own_modules(found: Import) -> list[str]:
    """Return the library's own modules that an import names, "" for the package itself."""
    if found.module.split(".")[0] != "sampleaudit":
        return []
    within = found.module.removeprefix("sampleaudit").removeprefix(".")
    prefix = f"{within}." if within else ""
    inner = [prefix + name for name in found.names if prefix + name in TREES]
    return inner + [within] * (len(inner) < max(1, len(found.names)))


def room(module: str) -> str:
    return module.split(".")[0]


def test_every_file_is_in_a_known_room():
    """A new room gets its place in the order here before anything imports it."""
    assert set() == {room(name) for name in TREES} - {*ROOMS, *BESIDE}


def test_rooms_import_only_earlier_rooms():
    """Imports go one way: from a step of the work to the steps before it."""
    wrong = []
    for found in IMPORTS:
        if (found.importer, found.line) in DRAWN:
            continue
        own = room(found.importer)
        allowed = BESIDE[own] if own in BESIDE else ROOMS[: ROOMS.index(own) + 1]
        for module in own_modules(found):
            if not module:
                names = ROOT_READERS.get(own, ())
                right = set(found.names) <= {*names, *ROOMS} and bool(found.names)
            else:
                right = room(module) in allowed
            if not right:
                wrong.append(f"{found.importer}, line {found.line}: {module or found.names}")
    assert [] == wrong


def test_within_rooms_no_imports_go_in_circles():
    """Inside the packages, too, files can be read in an order."""
    graph: dict[str, set[str]] = {name: set() for name in TREES if name != "__init__"}
    for found in IMPORTS:
        if found.importer in graph and (found.importer, found.line) not in DRAWN:
            graph[found.importer] |= {*own_modules(found)} - {"", found.importer}
    assert len(graph) == len(list(TopologicalSorter(graph).static_order()))


def test_formulas_see_numbers_only():
    """The formulas import numpy, scipy, the standard library and each other."""
    allowed = {*sys.stdlib_module_names, *NUMERIC}
    wrong = [
        f"{found.importer}, line {found.line}: {found.module}"
        for found in IMPORTS
        if room(found.importer) == "formulas"
        and found.module.split(".")[0] not in allowed
        and not found.module.startswith("sampleaudit.formulas")
    ]
    assert [] == wrong


def test_nothing_imports_the_made_up_data():
    """Made-up registers are for examples and tests; no result may depend on them."""
    made_up = {"synthetic", "synthetic_country"}
    wrong = [found.importer for found in IMPORTS if made_up & {*own_modules(found)}]
    assert [] == wrong


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        pytest.param("import sampleaudit", set(), id="the library"),
        pytest.param("import sampleaudit; sampleaudit.AuditError", set(), id="its error"),
        pytest.param("import sampleaudit.cli", {"click"}, id="the command"),
        pytest.param(
            "import sampleaudit; sampleaudit.rate_interval(13, 77, 500)",
            {"numpy", "scipy"},
            id="an interval from counts",
        ),
        pytest.param(
            "; ".join(
                f"import sampleaudit.{name}"
                for name in sorted(TREES)
                if room(name) in ROOMS and not name.startswith("cli")
            ),
            {"numpy", "scipy"},
            id="every room but the command",
        ),
    ],
)
def test_heavy_packages_load_on_first_use(statement: str, allowed: set[str]):
    """A fresh Python loads none of the packages that the statement has no use for."""
    script = f"{statement}\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(  # noqa: S603 -- our own Python and text
        command, check=True, capture_output=True, text=True
    )
    assert set() == set(done.stdout.split()) - allowed


def test_files_stay_short():
    """A file that grows past its limit is split by concept."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    too_long = {path.name: lines for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert {} == too_long


def test_public_names_are_listed_in_order_and_exist():
    """``__all__`` is sorted, without repeats, ``dir`` shows it, and each name can be had."""
    names = [name for name in sa.__all__ if name != "__version__"]
    assert sorted(set(names)) == names
    assert sorted(sa.__all__) == dir(sa)
    assert [] == [name for name in sa.__all__ if not hasattr(sa, name)]


def test_a_name_that_is_not_public_is_refused():
    """Asking for an unknown name raises what Python's own modules raise."""
    with pytest.raises(AttributeError, match="no attribute 'estimate_rate'"):
        sa.estimate_rate  # noqa: B018 -- the access is what is tested


def test_type_checkers_see_the_names_that_load_lazily():
    """The imports for type checkers name the same objects, from the same rooms, as the table."""
    (block,) = [node for node in TREES["__init__"].body if isinstance(node, ast.If)]
    seen = {
        (found.module.removeprefix("sampleaudit."), name)
        for found in imports_of("__init__", ast.Module(block.body, []))
        for name in found.names
    }
    assert {(where, name) for name, where in sa._ROOM_OF.items()} == seen


def test_users_mistakes_are_audit_errors():
    """Nothing else is raised on purpose, except what is listed with its reason."""
    wrong = set()
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                if ast.unparse(error) != "AuditError":
                    wrong.add((name, ast.unparse(error)))
    assert set(OTHER_ERRORS) == wrong


def test_messages_are_sentences():
    """Every message of an AuditError ends with a full stop or a question mark."""
    wrong = [
        f"{name}, line {call.lineno}: ...{ending!r}"
        for name, call in audit_errors()
        for ending in [last_part(call.args[0])]
        if not ends_a_sentence(ending)
    ]
    assert [] == wrong


def audit_errors() -> Iterator[tuple[str, ast.Call]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "AuditError":
                yield name, node


def last_part(message: ast.expr) -> str | ast.expr:
    """Return the text at the end of a message, or the expression that stands there."""
    if isinstance(message, ast.BinOp):
        return last_part(message.right)
    if isinstance(message, ast.JoinedStr):
        return last_part(message.values[-1])
    if isinstance(message, ast.FormattedValue):
        return message.value
    return str(message.value) if isinstance(message, ast.Constant) else message


def ends_a_sentence(ending: str | ast.expr) -> bool:
    if isinstance(ending, str):
        return ending.rstrip().endswith((".", "?"))
    named = ending.func if isinstance(ending, ast.Call) else ending
    return ast.unparse(named) in ENDS_A_SENTENCE


def test_nothing_prints():
    """Only the command writes to the terminal, through click."""
    wrong = [
        f"{name}, line {node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]
    assert [] == wrong


def test_public_functions_and_classes_say_what_they_do():
    """Every function, class and method without a leading underscore has a docstring."""
    wrong = [
        f"{name}.{node.name}"
        for name, tree in TREES.items()
        for node in public_definitions(tree)
        if not ast.get_docstring(node)
    ]
    assert [] == wrong


def test_every_file_says_what_it_is():
    """Every module has a docstring."""
    assert [] == [name for name, tree in TREES.items() if not ast.get_docstring(tree)]


Definition = ast.FunctionDef | ast.ClassDef


def public_definitions(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Yield the functions, classes and methods that users can reach."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def test_no_module_has_state_that_options_change():
    """No function of the library declares a global: there are no options to set."""
    wrong = [
        f"{name}, line {node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Global)
    ]
    assert [] == wrong
