"""The options of ``sampleaudit plan``: what a size would be, before it is written down."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import click

from sampleaudit.errors import AuditError, AuditNote

if TYPE_CHECKING:
    from sampleaudit.plan import Plan

Parameters = ParamSpec("Parameters")
_OPTIONS: Final = (
    ("margin", "Half width to reach, as 0.05; with --anticipated."),
    ("anticipated", "The rate expected, as 1/6."),
    ("detect", "Rate at which an error is to be found."),
    ("tolerable", "Rate to stay under; with --expected or --allowed."),
    ("expected", "Rate expected, under the tolerable one."),
    ("allowed", "Number of errors allowed in the sample."),
    ("compare", "Two domains and their rates to be told apart, as North=0.1,South=0.3."),
    ("by", "Column of the domains of --compare, or in which --margin is to hold."),
    ("power", "Probability of finding what --detect or --compare asks for."),
    ("budget", "What may be spent; costs stand in AUDIT.toml."),
    ("objective", "What the size of AUDIT.toml is to tell best: whole, parts, or a share as 0.5."),
    ("picture", "Draw what other sizes or budgets would bring into this .svg or .png."),
)
_OTHER_SIZES: Final = ("size", "counts", "margin", "detect", "expected", "allowed", "compare",
                       "budget", "objective", "looks", "cluster", "clusters", "cases")  # fmt: skip


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn a user's mistake into one line and exit code 2, and notes into lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AuditNote)
        try:
            yield
        except AuditError as mistake:
            click.echo(f"sampleaudit: {mistake}", err=True)
            sys.exit(2)
        finally:
            for note in caught:
                if issubclass(note.category, AuditNote):
                    click.echo(f"note: {note.message}", err=True)


def plainly(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Make a command end in one line where the user made a mistake."""

    @wraps(function)
    def plain(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        with _plainly():
            function(*args, **kwargs)

    return plain


def goal_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what a size is for, gathered as ``asked``."""

    @wraps(function)
    def gathered(*args: Any, **options: Any) -> None:
        asked = {name: options.pop(name) for name, _ in _OPTIONS}
        options["asked"] = {name: text for name, text in asked.items() if text is not None}
        function(*args, **options)

    command: Callable[..., None] = gathered
    for name, text in reversed(_OPTIONS):
        command = click.option(f"--{name}", help=text)(command)
    return command


def show_what_if(audit: Path, asked: Mapping[str, str]) -> None:
    """Print the plan that the options ask for, and how to write it into AUDIT.toml."""
    from sampleaudit.audit import frame_of
    from sampleaudit.planning.asked import goal_of, plan_as_asked
    from sampleaudit.settings import read_settings

    settings = read_settings(audit)
    words = _read({name: text for name, text in asked.items() if name != "picture"})
    if goal_of(words) is None:
        raise AuditError(
            "Say what the size is for: --margin with --anticipated, --detect, --tolerable with "
            "--expected or --allowed, --compare with --by, --budget, or --objective."
        )
    others = [key for key in _OTHER_SIZES if key != "size" or "objective" not in words]
    given = {key: value for key, value in settings.plan.items() if key not in others}
    if goal_of(words) == "compare":
        given.pop("anticipated", None)
    plan = plan_as_asked(frame_of(settings), {**given, **words})
    click.echo(repr(plan))
    drawn = ""
    if "picture" in asked:
        _draw(plan, {**given, **words}, Path(asked["picture"]), settings.language)
        drawn = f" but {asked['picture']}"
    place = "" if "objective" in words else " in place of size"
    click.echo(f"\nNothing{drawn} was written. To plan so, put this into [plan] of "
               f"{audit.name}{place}:")  # fmt: skip
    for key, value in words.items():
        click.echo(f"  {'by' if key == 'margin_by' else key} = {_toml(value)}")


def _draw(plan: Plan, given: Mapping[str, Any], path: Path, language: str) -> None:
    """Draw what a plan was worked out for, among others; or what it decides."""
    from sampleaudit.planning.asked import shown_of
    from sampleaudit.planning.operating import operating_characteristic
    from sampleaudit.plots.saving import save_picture

    shown = shown_of(plan, given)
    if shown is None and plan.analysis.tolerable is None:
        raise AuditError(
            "--picture draws what --margin or --budget brings, or how a plan with a tolerable rate "
            "decides; leave it out."
        )
    found = operating_characteristic(plan) if shown is None else shown
    save_picture(found.plot(language=language), path)  # type: ignore[arg-type] # checked when read


def _read(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the options as [plan] would have them."""
    words: dict[str, Any] = {key: text for key, text in asked.items() if key not in _OWN}
    if "by" in asked and "compare" not in asked:
        words["margin_by"] = tuple(part.strip() for part in asked["by"].split(","))
    if "tolerable" in asked and "expected" not in asked and "allowed" not in asked:
        words["expected"] = "0"
    for key, kind in (("allowed", int), ("power", float), ("budget", float)):
        if key in words:
            words[key] = _number(words[key], key, kind)
    if "compare" in asked:
        pairs = [part.partition("=") for part in asked["compare"].split(",")]
        if not all(sign for _, sign, _ in pairs) or "by" not in asked:
            raise AuditError(
                f"--compare is {asked['compare']!r}; write two domains with their rates and the "
                f"column, as --compare North=0.1,South=0.3 --by district."
            )
        rates = {label.strip(): rate.strip() for label, _, rate in pairs}
        words["compare"] = {"by": asked["by"], "rates": rates}
    return words


_OWN: Final = ("by", "compare")


def _number(text: str, name: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(text)
    except ValueError:
        raise AuditError(f"--{name} is {text!r}; it must be a number.") from None


def _toml(value: Any) -> str:
    """Return a value as TOML writes it; texts that are numbers without quotation marks."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    text = str(value)
    return text if _is_number(text) else f'"{text}"'


def _key(text: str) -> str:
    return text if text.isidentifier() and text.isascii() else f'"{text}"'


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
