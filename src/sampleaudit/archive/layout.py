"""What an archive consists of, and how it is replaced whole or not at all.

``archive.json`` names a folder beside it, ``archive-0001``, and the hash of every file in it. To
save anew, a folder with the next number is written and flushed to the disk; then archive.json is
replaced, in one step; then the old folder goes. Whenever that is cut short, archive.json names a
folder that is whole: the old one or the new one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sampleaudit.errors import AuditError
from sampleaudit.files import pretty_json, read_json, replace_files, sha256_of_file

ARCHIVE: Final = "archive.json"
MARKER: Final = ".sampleaudit-archive"
"""What tells a folder of an archive from one that only has a name like it, and is not removed."""
ARCHIVE_FORMAT: Final = "sampleaudit archive 1"
_FOLDER: Final = re.compile(r"archive-([0-9]{4,})")
_STRAY: Final = re.compile(rf"\.{re.escape(ARCHIVE)}\.[0-9]+\.(new|old)")
_NEEDED: Final = ("folder", "files", "draw", "estimates")


def replace_archive(
    folder: Path, contents: Mapping[str, bytes], record: Mapping[str, Any]
) -> dict[str, Any]:
    """Save the files and the record of an archive; return the record as written."""
    if folder.exists() and not folder.is_dir():
        raise AuditError(f"{folder} is a file; give the folder to save into.")
    if (folder / ARCHIVE).exists():
        read_record(folder)  # what is not an archive is not replaced by one
    name = f"archive-{_highest(folder) + 1:04d}"
    whole = {
        "format": ARCHIVE_FORMAT,
        "folder": name,
        **record,
        "files": {file: sha256(content).hexdigest() for file, content in contents.items()},
    }
    try:
        (folder / name).mkdir(parents=True)
        (folder / name / MARKER).write_text(f"of {ARCHIVE}, replaced with it\n", encoding="utf-8")
    except OSError as error:
        raise AuditError(f"{folder / name} cannot be made ({error}). Nothing was saved.") from error
    replace_files(folder / name, contents)
    _flush_folder(folder / name)
    replace_files(folder, {ARCHIVE: pretty_json(whole)})
    _flush_folder(folder)
    _tidy(folder, keep=name)
    return whole


def read_record(folder: Path) -> dict[str, Any]:
    """Return archive.json. Raises `AuditError` if there is none, or it is of something else."""
    record = read_json(folder / ARCHIVE)
    lacking = [name for name in _NEEDED if name not in record]
    if record.get("format") != ARCHIVE_FORMAT or lacking:
        raise AuditError(
            f"{folder / ARCHIVE} is not an archive that this version of the library knows (its "
            f"format is {record.get('format')!r}, not {ARCHIVE_FORMAT!r}). Use the version that "
            f"it was saved with."
        )
    if not _FOLDER.fullmatch(str(record["folder"])):
        raise AuditError(f"{folder / ARCHIVE} names no folder of an archive; it was changed.")
    return record


def changed_files(folder: Path, record: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return every file whose hash is not the recorded one: its name, expected, found."""
    inner = folder / str(record["folder"])
    rows = []
    for name, digest in record["files"].items():
        file = inner / name
        found = sha256_of_file(file) if file.is_file() else "no such file"
        if found != digest:
            rows.append((f"file {name}", f"SHA-256 {digest[:16]}...", found[:16]))
    return rows


def _highest(folder: Path) -> int:
    """Return the highest number that a folder of the archive has, whole or not."""
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    numbers = [int(found[1]) for found in map(_FOLDER.fullmatch, names) if found]
    return max(numbers, default=0)


def _tidy(folder: Path, *, keep: str) -> None:
    """Remove what earlier savings left; that it stays is no harm, so nothing is raised."""
    for each in list(folder.iterdir()):
        with suppress(OSError):
            if _STRAY.fullmatch(each.name):
                each.unlink()
            elif each.name != keep and _FOLDER.fullmatch(each.name) and (each / MARKER).exists():
                shutil.rmtree(each)


def _flush_folder(folder: Path) -> None:
    """Flush a folder's list of files to the disk, where the system can do that."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
