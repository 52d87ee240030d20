import errno
import hashlib
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampleaudit.errors import AuditError, AuditNote
from sampleaudit.files import (
    canonical_json,
    csv_bytes,
    pretty_json,
    read_bytes,
    read_csv_text,
    read_json,
    replace_files,
    sha256_of_file,
)

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


def refusal(act: Callable[[], object]) -> str:
    """Return the message with which ``act`` is refused."""
    with pytest.raises(AuditError) as refused:
        act()
    return str(refused.value)


# reading


def test_sha256_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    """FIPS 180-2, appendix B.1: the digest of 'abc'."""
    file = tmp_path / "abc.txt"
    file.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert expected == sha256_of_file(file)


@pytest.mark.parametrize("read", [read_bytes, sha256_of_file, read_json, read_csv_text])
def test_a_file_that_is_not_there_names_its_folder_and_near_names(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    (tmp_path / "caseload.csv").write_text("id\n1\n")
    said = refusal(lambda: read(tmp_path / "caselaod.csv"))
    assert f"no file 'caselaod.csv' in the folder {tmp_path.resolve()}" in said
    assert said.endswith("did you mean 'caseload.csv'?")
    assert "there is no folder" in refusal(lambda: read(tmp_path / "no" / "caseload.csv"))
    assert "is a folder" in refusal(lambda: read(tmp_path))


def test_a_file_that_excel_holds_open_is_to_be_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert "close it and try again" in refusal(lambda: read_bytes(tmp_path / "open.xlsx"))


def test_another_failure_to_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", broken)
    assert "cannot be read: Input/output error" in refusal(lambda: read_bytes(tmp_path / "a.csv"))


# JSON


def test_canonical_json_is_sorted_without_blanks_and_not_escaped() -> None:
    value = {"b": [1, 2.5, None, True], "a": "ø", "A": {"d": 1, "c": "\u2028"}}
    expected = '{"A":{"c":"\u2028","d":1},"a":"ø","b":[1,2.5,null,true]}'
    assert expected.encode() == canonical_json(value)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_canonical_json_refuses_what_json_has_not(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": number})


@given(st.dictionaries(TEXT, JSON))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(value) == canonical_json(turned)
    assert canonical_json(value) == canonical_json(json.loads(canonical_json(value)))


def test_pretty_json_keeps_the_order_given_and_is_read_back(tmp_path: Path) -> None:
    value = {"b": 1, "a": {"å": [1, 2]}}
    written = pretty_json(value)
    assert (
        '{\n  "b": 1,\n  "a": {\n    "å": [\n      1,\n      2\n    ]\n  }\n}\n'.encode() == written
    )
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + written)  # as Notepad saves it
    assert value == read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"a": ', "is not a JSON file"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"\xff\xff", "is not a JSON file"),
        (b"[" * 100_000, "is not a JSON file"),
        (b"", "put back the copy that was saved with the audit"),
        (b"[1]", "holds a JSON list"),
    ],
)
def test_what_is_not_a_json_object_is_refused(raw: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(raw)
    assert says in refusal(lambda: read_json(tmp_path / "a.json"))


# CSV


def test_csv_is_utf8_with_commas_line_feeds_and_empty_for_missing() -> None:
    table = pd.DataFrame(
        {
            "id": ["007", "Ærø, øst", 'say "no"', "two\r\nlines", None],
            "x": [0.1, 1e22, math.nan, -0.0, 1 / 3],
            "n": [1, 2, 3, 4, 5],
            "yes": [True, False, True, False, True],
            "any": [np.float64(0.5), np.int64(7), "text", pd.NA, pd.NaT],
            "day": pd.to_datetime(["2026-11-22"] * 4 + [None]),
        },
        index=[5, 5, 4, 3, 2],
    )
    expected = (
        "id,x,n,yes,any,day\n"
        "007,0.1,1,True,0.5,2026-11-22 00:00:00\n"
        '"Ærø, øst",1e+22,2,False,7,2026-11-22 00:00:00\n'
        '"say ""no""",,3,True,text,2026-11-22 00:00:00\n'
        '"two\r\nlines",-0.0,4,False,,2026-11-22 00:00:00\n'
        ",0.3333333333333333,5,True,,\n"
    )
    assert expected.encode() == csv_bytes(table)


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_are_the_same_after_csv(values: list[float]) -> None:
    lines = csv_bytes(pd.DataFrame({"x": values})).decode().split("\n")
    assert [repr(value) for value in values] == [repr(float(line)) for line in lines[1:-1]]


@given(
    st.lists(st.tuples(*[st.none() | TEXT.filter(lambda text: text.strip() != "")] * 2), min_size=1)
)
def test_text_and_gaps_are_the_same_after_csv(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, str | None]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "round.csv"
    for width in (1, 2):
        narrow = [row[:width] for row in rows]
        file.write_bytes(csv_bytes(pd.DataFrame(narrow, columns=["a", "b"][:width])))
        back = read_csv_text(file).astype(object)
        back = back.where(back.notna(), None)
        assert narrow == list(back.itertuples(index=False, name=None))


def test_an_empty_table_keeps_its_columns_in_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv_bytes(pd.DataFrame({"a": [], "b": []})))
    assert ["a", "b"] == list(read_csv_text(tmp_path / "a.csv").columns)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separator_encoding_and_line_ends_are_recognised(
    separator: str, encoding: str, line_end: str, tmp_path: Path
) -> None:
    lines = [["postnr", "by"], ["0800", " Høje Taastrup"], ["", "Ærø"], ["3700", "  "]]
    text = line_end.join(separator.join(line) for line in lines) + line_end * 2
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    back = read_csv_text(tmp_path / "a.csv").astype(object)
    expected = [["0800", " Høje Taastrup"], [None, "Ærø"], ["3700", None]]
    assert ["postnr", "by"] == list(back.columns)
    assert expected == back.where(back.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("id;name, first\n1;Bo, Ib, Per\n", ["id", "name, first"]),  # both divide the header
        ('"a;b",c\n"x;y",z\n', ["a;b", "c"]),
        ("id\na;b\n", ["id"]),
        ("sum, dkk; 2024; 2025\n1,5; 2,5; 3,5", ["sum, dkk", " 2024", " 2025"]),
    ],
)
def test_the_separator_divides_header_and_rows_alike(
    text: str, columns: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert columns == list(read_csv_text(tmp_path / "a.csv").columns)


def test_a_separator_that_cannot_be_told_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;name, first\n1;Bo, Ib\n")
    said = refusal(lambda: read_csv_text(tmp_path / "a.csv"))
    assert "cannot be told whether ',' or ';' separates the columns" in said


def test_in_a_tsv_the_tab_separates(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\tby, land, del\n1\tx\n")
    assert ["id", "by, land, del"] == list(read_csv_text(tmp_path / "a.tsv").columns)


def test_short_rows_are_filled_and_announced(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c\n1,2,3\n4,5\n\n6,7,8,,\n\n\n")
    with pytest.warns(
        AuditNote, match=re.escape("2 rows with fewer cells than the header (lines 3, 4)")
    ):
        back = read_csv_text(tmp_path / "a.csv").astype(object)
    expected = [["1", "2", "3"], ["4", "5", None], [None] * 3, ["6", "7", "8"]]
    assert expected == back.where(back.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"id\nA1,x\n", "more cells than the header's 1 (lines 2)"),
        (b"\n1,2\n", "has no header"),
        (b",,\n1,2,3\n", "has no header"),
        (b"a,b\n1,2\n1,2,3\n1,2,3\n", "2 rows with more cells than the header's 2 (lines 3, 4)"),
        (b'a,b\n1,"2\n3,4\n', "Look for a quotation mark"),
        (b'a,b\n1,"2"x\n', "line 2"),
        (b"a,b\n" + b"x" * 200_000, "field larger than field limit"),
        (b"a\x00b\n", "is not text that can be read"),
        (b"id,\x81\xf8\n", "neither UTF-8 nor Windows-1252"),
        (b"PK\x03\x04abc", "give it the ending .xlsx"),
        (b"\xd0\xcf\x11\xe0abc", "an old Excel workbook"),
        (b"PAR1abc", "a parquet file"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_what_is_not_a_csv_table_is_refused(raw: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    assert says in refusal(lambda: read_csv_text(tmp_path / "a.csv"))


# writing


OLD = {"a.csv": b"old a", "manifest.json": b"old manifest"}
NEW = {"manifest.json": b"new manifest", "a.csv": b"new a", "b.csv": b"new b"}


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file in ``folder``, hidden ones too."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def fail_at(
    monkeypatch: pytest.MonkeyPatch, name: str, failing: range, error: type[BaseException]
) -> list[str]:
    """Make the calls of a Path method counted in ``failing`` raise; return the names it was for."""
    real, called = getattr(Path, name), []

    def perhaps(self: Path, *arguments: object, **options: object) -> object:
        called.append(self.name)
        if len(called) in failing:
            number = errno.EACCES if error is PermissionError else errno.ENOSPC
            goal = str(arguments[0]) if name == "replace" else None
            raise error(number, "no", str(self), None, goal)
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, name, perhaps)
    return called


def test_all_files_are_replaced_and_the_manifest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path / "audit" / "one", OLD, last="manifest.json")
    swapped = fail_at(monkeypatch, "replace", range(0), OSError)
    replace_files(tmp_path / "audit" / "one", NEW, last="manifest.json")
    assert NEW == contents(tmp_path / "audit" / "one")
    assert len(swapped) == 3
    assert swapped[-1].startswith(".manifest.json")


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("error", [PermissionError, OSError, KeyboardInterrupt])
def test_an_interrupted_replacement_leaves_all_old(
    call: int, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, OLD)
    fail_at(monkeypatch, "replace", range(call, call + 1), error)
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else AuditError) as refused:
        replace_files(tmp_path, NEW, last="manifest.json")
    assert OLD == contents(tmp_path)
    if error is not KeyboardInterrupt:
        assert "No file was changed" in str(refused.value)
    if error is PermissionError:
        name = ["a.csv", "b.csv", "manifest.json"][call - 1]
        assert f"{tmp_path / name} cannot be written. If it is open in Excel" in str(refused.value)


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_full_disk_leaves_all_old(
    call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, OLD)
    fail_at(monkeypatch, "open", range(call, call + 1), OSError)
    assert "free the disk" in refusal(lambda: replace_files(tmp_path, NEW))
    monkeypatch.undo()
    assert OLD == contents(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, "open", range(1, 2), PermissionError)
    said = refusal(lambda: replace_files(tmp_path, NEW))
    assert said.startswith(f"{tmp_path} cannot be written")


def test_old_contents_that_cannot_be_put_back_are_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_files(tmp_path, OLD)
    fail_at(monkeypatch, "replace", range(3, 9), OSError)
    said = refusal(lambda: replace_files(tmp_path, NEW, last="manifest.json"))
    kept = [file for file in tmp_path.iterdir() if file.name.endswith(".old")]
    assert [b"old a"] == [file.read_bytes() for file in kept]
    assert repr(str(kept[0])) in said
    assert b"old manifest" == (tmp_path / "manifest.json").read_bytes()


def test_the_hash_of_a_written_file_is_that_of_its_contents(tmp_path: Path) -> None:
    replace_files(tmp_path, NEW)
    assert hashlib.sha256(b"new a").hexdigest() == sha256_of_file(tmp_path / "a.csv")
