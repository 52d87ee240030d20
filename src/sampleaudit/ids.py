"""A table in memory and the ids of its cases: always text, and never one id for two cases."""

from __future__ import annotations

import difflib
import hmac
import math
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.cpr import looks_like_cpr, masked
from sampleaudit.errors import AuditError, AuditNote, first_few

if TYPE_CHECKING:
    import pandas as pd

Source = Literal["spreadsheet", "table"]

LONGEST_ID: Final = 200  # characters; what is longer is a text that slipped into the id column
PSEUDONYM_DIGITS: Final = 20  # hexadecimal: two of a million ids share one once in 2 * 10**12 keys
SHORTEST_KEY: Final = 16  # bytes; a key that can be guessed gives the ids away
_DIGITS_KEPT: Final = 15  # a spreadsheet rounds longer numbers
_UNSAFE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control, half a character, line breaks
_INVISIBLE: Final = "Cf"  # zero-width blanks, soft hyphens
_NAMES_SHOWN: Final = 20


def as_pandas(table: Any) -> pd.DataFrame:
    """Return any data frame (pandas, polars, pyarrow, whatever narwhals takes) as a pandas one.

    Rows are numbered from 0 and column names stay; the table given is not changed. Raises
    `AuditError` for what is not a data frame and for a column name that occurs twice.
    """
    import pandas as pd

    frame = table if isinstance(table, pd.DataFrame) else _through_narwhals(table)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise AuditError(
            f"The table has several columns named {first_few(map(masked, twice.unique()))}; "
            f"rename them so that each name stands for one column."
        )
    return frame.reset_index(drop=True)


def near_names(name: str, names: Iterable[object]) -> str:
    """Return the end of the sentence "there is no ...": names that are near, and all names."""
    every = [masked(other) for other in names]
    folded = {other.casefold(): other for other in every}
    near = [folded[key] for key in difflib.get_close_matches(str(name).casefold(), folded, n=3)]
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    more = len(every) - _NAMES_SHOWN
    listed = ", ".join(map(repr, every[:_NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")
    return f"{hint} There are {listed}." if every else hint


def clean_ids(values: pd.Series[Any], *, column: str, source: Source) -> pd.Series[Any]:
    """Return ids as text, NFC-normalised and stripped.

    Whole numbers from a spreadsheet become text with an `AuditNote`, since leading zeros may have
    been lost before; in a table they are refused: 007 and 7 are different cases. Raises
    `AuditError` for missing ids, for text and numbers mixed, fractions, numbers of more than 15
    digits, dates, true and false. Rows of a spreadsheet count from 1, the header; cases of a table
    from 1, the first case.
    """
    import pandas as pd

    objects = values.astype(object).tolist()
    gone = [
        place
        for place, (value, missing) in enumerate(zip(objects, values.isna().tolist(), strict=True))
        if missing or (isinstance(value, str) and not value.strip())
    ]
    if gone:
        raise AuditError(
            f"Column {column!r} has no id for {len(gone)} cases ({_rows(gone, source)}). Every "
            f"case needs one: fill it in, or remove the row if it is not a case."
        )
    if not {type(value) for value in objects} <= {str}:
        objects = _as_text(objects, column=column, source=source)
    texts = [unicodedata.normalize("NFC", text).strip() for text in objects]
    return pd.Series(texts, index=values.index, name=values.name, dtype=object)


def refuse_bad_ids(ids: pd.Series[Any], *, column: str) -> None:
    """Refuse ids of a table that are missing, unusable, repeated or easily confused.

    Unusable are ids with control characters or line breaks and ids of more than 200 characters;
    easily confused are two ids that differ only by case, by blanks, by characters that cannot be
    seen, or by the hyphen of a CPR number. Raises `AuditError` with count and first rows.
    """
    texts = clean_ids(ids, column=column, source="table").tolist()
    _refuse_unusable(texts, column)
    _refuse_repeated(texts, column)
    _refuse_confused(texts, column)


def pseudonymise(register: Any, column: str, *, key: str | bytes) -> pd.DataFrame:
    """Return a copy of the register with the ids in ``column`` replaced by pseudonyms.

    A pseudonym is the first 20 hexadecimal digits of HMAC-SHA-256 (RFC 2104) of the id (UTF-8, NFC,
    stripped) with the secret ``key``: text, or bytes, at least 16 bytes long. The same id and key
    give the same pseudonym everywhere. Without a key, a CPR number could be found again by trying
    them all, so whoever has the key has the ids: keep it where the ids may be kept. Raises
    `AuditError` for ids that are missing, not text or easily confused, and for a weak key.
    """
    import pandas as pd

    secret = _secret(key)
    table = as_pandas(register)
    if column not in table.columns:
        raise AuditError(
            f"The register has no column {column!r}{near_names(column, table.columns)}"
        )
    texts = clean_ids(table[column], column=column, source="table").tolist()
    _refuse_unusable(texts, column)
    _refuse_confused(texts, column)  # two pseudonyms never look alike
    distinct = set(texts)
    pseudonyms = {
        text: hmac.digest(secret, text.encode(), "sha256").hex()[:PSEUDONYM_DIGITS]
        for text in distinct
    }
    if len(set(pseudonyms.values())) < len(distinct):
        raise AuditError(f"Two ids in column {column!r} get the same pseudonym; use another key.")
    table[column] = pd.Series([pseudonyms[text] for text in texts], dtype=object)
    return table


def _through_narwhals(table: Any) -> pd.DataFrame:
    import narwhals as nw

    try:
        frame = nw.from_native(table)
    except TypeError as error:
        raise AuditError(
            f"A {type(table).__name__} is not a data frame; give a pandas, polars or pyarrow "
            f"table, or read a file with sampleaudit.read_register."
        ) from error
    try:
        eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
        return eager.to_pandas()
    except ModuleNotFoundError as error:
        raise AuditError(
            f"To take a {type(table).__module__.split('.')[0]} table, {error.name or 'pyarrow'} "
            f'must be installed: pip install "sampleaudit[parquet]".'
        ) from error


def _as_text(values: Sequence[Any], *, column: str, source: Source) -> list[str]:
    kinds = [_kind(value) for value in values]
    counts = Counter(kinds)
    strange = [kind for kind in counts if kind not in ("text", "number")]
    if strange:
        raise AuditError(
            f"Column {column!r} holds a {strange[0]} in {counts[strange[0]]} cells, which is not "
            f"an id ({_rows(_places(kinds, strange[0]), source)}). Store the column as text, with "
            f"the ids as they are in the case system."
        )
    if len(counts) > 1:
        rare = min(counts, key=lambda kind: counts[kind])
        raise AuditError(
            f"Column {column!r} mixes text and numbers: {counts[rare]} of {len(values)} ids are a "
            f"{rare} ({_rows(_places(kinds, rare), source)}). Numbers may have lost leading zeros: "
            f"store the whole column as text, and check it against the case system."
        )
    if "text" in counts:
        return [str(value) for value in values]
    if source == "table":
        raise AuditError(
            f"Column {column!r} holds numbers, and ids must be text: 007 and 7 are different "
            f"cases. Read the file with sampleaudit.read_register, or turn the column into text, "
            f"with the leading zeros that belong to the ids."
        )
    return _numbers_as_text(values, column=column, source=source)


def _numbers_as_text(values: Sequence[Any], *, column: str, source: Source) -> list[str]:
    broken = [place for place, value in enumerate(values) if not _is_whole(value)]
    if broken:
        shown = first_few(values[place] for place in broken)
        raise AuditError(
            f"Column {column!r} holds {len(broken)} numbers that are not whole: {shown} "
            f"({_rows(broken, source)}). Store the column as text, with the ids as they are in "
            f"the case system."
        )
    long = [place for place, value in enumerate(values) if abs(value) >= 10**_DIGITS_KEPT]
    if long:
        raise AuditError(
            f"Column {column!r} holds {len(long)} numbers of more than {_DIGITS_KEPT} digits "
            f"({_rows(long, source)}). A spreadsheet keeps {_DIGITS_KEPT} and makes the rest "
            f"zeros, so they may be damaged: take the column from the case system again, as text."
        )
    warnings.warn(
        f"Column {column!r}: {len(values)} ids are numbers in the file and become text, "
        f"{str(int(values[0]))!r} for example. Leading zeros, if the ids had any, were lost when "
        f"the file was made; then store the column as text and read it again.",
        AuditNote,
        stacklevel=5,
    )
    return [str(int(value)) for value in values]


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool | np.bool_):
        return "true or false"
    if isinstance(value, Real | Decimal):
        return "number"
    if isinstance(value, date | time | timedelta | np.datetime64 | np.timedelta64):
        return "date or time"
    return type(value).__name__


def _is_whole(value: Any) -> bool:
    return math.isfinite(value) and value == int(value)


def _refuse_unusable(texts: Sequence[str], column: str) -> None:
    long = [place for place, text in enumerate(texts) if len(text) > LONGEST_ID]
    if long:
        raise AuditError(
            f"Column {column!r} has {len(long)} ids longer than {LONGEST_ID} characters "
            f"({_rows(long, 'table')}); is it the id column?"
        )
    unsafe = [place for place, text in enumerate(texts) if not text.isprintable() and _unsafe(text)]
    if unsafe:
        raise AuditError(
            f"Column {column!r} has {len(unsafe)} ids with a line break or another control "
            f"character: {first_few(masked(texts[place]) for place in unsafe)} "
            f"({_rows(unsafe, 'table')}). Remove it from the register."
        )


def _unsafe(text: str) -> bool:
    return any(unicodedata.category(character) in _UNSAFE for character in text)


def _look(text: str) -> str:
    """Return ``text`` without what a reader overlooks."""
    if not text.isascii():
        text = "".join(mark for mark in text if unicodedata.category(mark) != _INVISIBLE)
    folded = "".join(text.split()).casefold()
    return folded[:6] + folded[-4:] if len(folded) > 10 and looks_like_cpr(folded) else folded


def _refuse_repeated(texts: Sequence[str], column: str) -> None:
    if len(set(texts)) == len(texts):
        return
    counts = Counter(texts)
    places = [place for place, text in enumerate(texts) if counts[text] > 1]
    raise AuditError(
        f"Column {column!r} has ids that occur more than once: {_side_by_side(texts, places)}. A "
        f"case must be in the register once: remove the copies or correct the ids."
    )


def _refuse_confused(texts: Sequence[str], column: str) -> None:
    """Refuse different ids that look the same; the same id twice is not looked for."""
    looks = {text: _look(text) for text in texts}
    counts = Counter(looks.values())
    if len(counts) == len(looks):
        return
    places = [place for place, text in enumerate(texts) if counts[looks[text]] > 1]
    places.sort(key=lambda place: looks[texts[place]])
    raise AuditError(
        f"Column {column!r} has ids that differ only by case, blanks, characters that cannot be "
        f"seen or a CPR number's hyphen: {_side_by_side(texts, places)}. Give them one spelling, "
        f"or different ids if they are different cases."
    )


def _side_by_side(texts: Sequence[str], places: Sequence[int]) -> str:
    """Return how many ids in how many cases, the first ids, and where they are."""
    rows: dict[str, list[int]] = {}
    for place in places:
        rows.setdefault(texts[place], []).append(place)
    shown = first_few(masked(text) for text in rows)
    ordered = [place for same in rows.values() for place in same]
    return f"{len(rows)} ids in {len(places)} cases, {shown} ({_rows(ordered, 'table')})"


def _secret(key: str | bytes) -> bytes:
    if not isinstance(key, str | bytes):
        raise AuditError(f"The key is a {type(key).__name__}; it must be text or bytes.")
    if isinstance(key, str) and key != key.strip():
        raise AuditError(
            "The key begins or ends with a blank or a line break, perhaps from the file it was "
            "read from; strip it, so that the same key gives the same pseudonyms everywhere."
        )
    secret = unicodedata.normalize("NFC", key).encode() if isinstance(key, str) else key
    if len(secret) < SHORTEST_KEY:
        raise AuditError(
            f"The key has {len(secret)} bytes; it must have at least {SHORTEST_KEY}, or it can be "
            f"guessed. Python's secrets.token_hex(16) makes a good one."
        )
    return secret


def _places(kinds: Sequence[str], kind: str) -> list[int]:
    return [place for place, other in enumerate(kinds) if other == kind]


def _rows(places: Sequence[int], source: Source) -> str:
    if source == "spreadsheet":
        return f"rows {first_few(place + 2 for place in places)}; the header is row 1"
    return f"case rows {first_few(place + 1 for place in places)}"
