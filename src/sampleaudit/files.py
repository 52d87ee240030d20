"""Whole files: read with clear refusals, written whole or not at all, and hashed.

JSON comes in two forms: canonical, the only one that is hashed, and pretty, for people.
CSV is read as it stands: every column is text, so "0800" does not become 800.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sampleaudit.csvtext import parse_csv
from sampleaudit.errors import AuditError, first_few

if TYPE_CHECKING:
    import pandas as pd

_NEEDS_QUOTES: Final = re.compile('[",;\t\r\n]')  # whatever a reader may take for a separator


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes of a file. Raises `AuditError` if it is not there or cannot be opened."""
    with _refusing_to_read(path):
        return Path(path).read_bytes()


def refuse_unreadable(path: str | Path) -> None:
    """Refuse a file that is not there or cannot be opened, for readers that open it themselves."""
    with _refusing_to_read(path), Path(path).open("rb"):
        pass


def sha256_of_file(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with _refusing_to_read(path), Path(path).open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> bytes:
    """Return the one JSON text of ``value`` that is hashed.

    UTF-8, keys sorted, no blanks, nothing escaped that need not be. Raises ValueError for nan and
    infinity, which JSON does not have.

    >>> canonical_json({"b": 1, "a": ["ø", None]}).decode()
    '{"a":["ø",null],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def pretty_json(value: Any) -> bytes:
    """Return JSON for people: UTF-8, indented, keys in the order given, a line feed at the end."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_json(path: str | Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises `AuditError` if there is none."""
    try:
        value = json.loads(read_bytes(path).decode("utf-8-sig"), parse_constant=_refuse_constant)
    except AuditError:
        raise
    except (ValueError, RecursionError) as error:
        raise AuditError(
            f"{path} is not a JSON file ({error}). If it was changed by hand, put back the copy "
            f"that was saved with the audit."
        ) from error
    if not isinstance(value, dict):
        raise AuditError(
            f"{path} holds a JSON {type(value).__name__}; names and values in braces are expected."
        )
    return value


def csv_bytes(table: pd.DataFrame) -> bytes:
    r"""Return ``table`` as CSV: UTF-8, comma, ``\n``, a header, no index, missing is empty.

    Floats are written so that reading gives the same float. Text is written as it is, so that it
    can be read back: a CSV is for programs and the archive, the workbook is for people.
    """
    columns = [_cells(table.iloc[:, place]) for place in range(table.shape[1])]
    if len(columns) == 1:  # a line with nothing on it would not be a row
        columns = [[cell or '""' for cell in columns[0]]]
    header = ",".join(_quoted(str(name)) for name in table.columns)
    rows = map(",".join, zip(*columns, strict=True))
    return ("\n".join([header, *rows]) + "\n").encode()


def read_csv_text(path: str | Path) -> pd.DataFrame:
    """Return a CSV file with every column as text exactly as written; blank cells are missing.

    The separator is a comma, a semicolon or a tab, the text UTF-8, UTF-16 or Windows-1252. Rows
    shorter than the header are filled with missing cells, with an `AuditNote`. Raises `AuditError`
    for longer rows and for what is not text.
    """
    return parse_csv(read_bytes(path), source=str(path))


def replace_files(
    folder: str | Path, contents: Mapping[str, bytes], *, last: str | None = None
) -> None:
    """Write several files into ``folder``, all or none of them.

    Everything is first written beside its place and flushed to the disk. Then each file is swapped
    in, ``last`` (the manifest that names the others' hashes) at the end, so that a reader who finds
    the manifest in order finds all of them in order. If a swap fails, the files already swapped
    get their old contents back. Raises `AuditError` if a file cannot be written.
    """
    names = sorted(contents, key=lambda name: name == last)
    targets = [Path(folder) / name for name in names]
    try:
        _swap_in(targets, [contents[name] for name in names])
    except PermissionError as error:
        raise AuditError(
            f"{_blamed(error, folder)} cannot be written. If it is open in "
            f"Excel or another program, close it and try again; otherwise choose a folder that "
            f"you may write to. No file was changed."
        ) from error
    except OSError as error:
        raise AuditError(
            f"The files in {folder} cannot be written ({error}). No file was changed; free the "
            f"disk or choose another folder, and try again."
        ) from error


@contextmanager
def _refusing_to_read(path: str | Path) -> Iterator[None]:
    if Path(path).is_dir():
        raise AuditError(f"{path} is a folder; name the file in it.")
    try:
        yield
    except FileNotFoundError as error:
        raise AuditError(_not_found(Path(path))) from error
    except PermissionError as error:
        raise AuditError(
            f"{path} cannot be opened. If it is open in Excel or another program, close it and "
            f"try again; otherwise ask for the right to read it."
        ) from error
    except OSError as error:
        raise AuditError(f"{path} cannot be read: {error.strerror or error}.") from error


def _not_found(path: Path) -> str:
    folder = path.parent.resolve()
    if not folder.is_dir():
        return f"{path} is not there: there is no folder {folder}."
    names: list[str] = []
    with suppress(OSError):  # a folder that may not be listed gives no hints
        names.extend(file.name for file in folder.iterdir())
    near = difflib.get_close_matches(path.name, names, n=3)
    hint = f"; did you mean {first_few(near)}?" if near else ". Check the name and the folder."
    return f"There is no file {path.name!r} in the folder {folder}{hint}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _cells(values: pd.Series[Any]) -> list[str]:
    missing = values.isna().tolist()
    cells = values.astype(object).tolist()
    return [
        "" if gone else _quoted(_written(cell)) for cell, gone in zip(cells, missing, strict=True)
    ]


def _written(cell: object) -> str:
    item = getattr(cell, "item", None)  # a numpy number prints its type; its Python number does not
    return str(item() if callable(item) else cell)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if _NEEDS_QUOTES.search(text) else text


def _swap_in(targets: list[Path], contents: list[bytes]) -> None:
    new = [_beside(target, "new") for target in targets]
    old = [_beside(target, "old") for target in targets]
    swapped = 0
    try:
        for target, beside, backup, content in zip(targets, new, old, contents, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_flushed(beside, content)
            if target.exists():
                shutil.copy2(target, backup)
        for target, beside in zip(targets, new, strict=True):
            beside.replace(target)
            swapped += 1
    except BaseException:
        _remove(new)
        lost = [
            backup
            for target, backup in zip(targets[:swapped], old[:swapped], strict=True)
            if not _put_back(target, backup)
        ]
        _remove([backup for backup in old if backup not in lost])
        if lost:
            raise AuditError(
                f"Only some of the files were written, and the old ones could not be put back. "
                f"They are kept as {first_few(map(str, lost))}: rename them, then try again."
            ) from None
        raise
    _remove(old)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{ending}")


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_back(target: Path, backup: Path) -> bool:
    try:
        if backup.exists():
            backup.replace(target)
        else:
            target.unlink()
    except OSError:
        return False
    return True


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _blamed(error: OSError, folder: str | Path) -> str:
    """Return the file that the user knows: never the name under which it was first written."""
    name = error.filename2 or error.filename
    return str(folder if name is None or str(name).endswith(".new") else name)
