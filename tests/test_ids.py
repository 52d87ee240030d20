import datetime as dt
import decimal
import hashlib
import hmac
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sampleaudit import ids as ids_module
from sampleaudit.errors import AuditError, AuditNote
from sampleaudit.ids import as_pandas, clean_ids, near_names, pseudonymise, refuse_bad_ids

KEY = "a key of 16 bytes or more"


def refusal(act: Callable[[], object]) -> str:
    """Return the message with which ``act`` is refused."""
    with pytest.raises(AuditError) as refused:
        act()
    return str(refused.value)


def bad(*ids: object) -> str:
    """Return the message with which these ids of a table are refused."""
    return refusal(lambda: refuse_bad_ids(pd.Series(ids, dtype=object), column="id"))


# any table in

DATA: dict[str, list[Any]] = {"id": ["007", "Å1"], "n": [1, 2], "x": [0.5, None]}


@pytest.mark.parametrize(
    "make",
    [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table],
    ids=["pandas", "polars", "polars lazy", "pyarrow"],
)
def test_any_data_frame_becomes_the_same_pandas_table(make: Callable[[Any], Any]) -> None:
    table = as_pandas(make(DATA))
    assert list(DATA) == list(table.columns)
    assert ["007", "Å1"] == table["id"].tolist()
    assert [1, 2] == table["n"].tolist()
    assert table["x"].isna().tolist() == [False, True]


def test_rows_are_numbered_anew_and_the_table_given_is_not_changed() -> None:
    given = pd.DataFrame(DATA, index=[5, 5])
    table = as_pandas(given)
    table["id"] = "changed"
    assert [0, 1] == list(table.index)
    assert ["007", "Å1"] == given["id"].tolist()
    assert [5, 5] == list(given.index)


@pytest.mark.parametrize("thing", [DATA, [["A1"]], "caseload.xlsx", np.zeros((2, 2)), None])
def test_what_is_not_a_data_frame_is_refused(thing: object) -> None:
    assert f"A {type(thing).__name__} is not a data frame" in refusal(lambda: as_pandas(thing))


def test_columns_of_the_same_name_are_refused() -> None:
    table = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    assert "several columns named 'a'" in refusal(lambda: as_pandas(table))


def test_a_table_that_needs_pyarrow_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pl.DataFrame(DATA)

    def missing(_: object) -> None:
        raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")

    monkeypatch.setattr(pl.DataFrame, "to_pandas", missing)
    said = refusal(lambda: as_pandas(table))
    assert 'To take a polars table, pyarrow must be installed: pip install "sampleaudit[' in said


def test_pandas_tables_do_not_need_narwhals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    assert 2 == len(as_pandas(pd.DataFrame(DATA)))


def test_near_names_come_before_all_names() -> None:
    assert "; did you mean 'Case_ID'? There are 'Case_ID', 'by'." == near_names(
        "case_id", ["Case_ID", "by"]
    )
    assert ". There are 'by', '010190-****'." == near_names("q", ["by", "010190-1234"])
    assert near_names("q", [f"c{n}" for n in range(25)]).endswith("'c19' and 5 more.")


# clean ids


@pytest.mark.parametrize("dtype", [object, "string", "str", "category"])
def test_ids_become_stripped_composed_text(dtype: Any) -> None:
    given = pd.Series([" 007", "A\u030a1", "b c\u00a0"], dtype=dtype, index=[3, 4, 5], name="id")
    cleaned = clean_ids(given, column="id", source="table")
    assert ["007", "Å1", "b c"] == cleaned.tolist()
    assert [3, 4, 5] == list(cleaned.index)
    assert {str} == {type(text) for text in cleaned}


@pytest.mark.parametrize(
    "numbers",
    [
        [7, 8],
        [7.0, 8.0],
        pd.array([7, 8], dtype="Int64"),
        np.array([7, 8], dtype=np.uint8),
        [decimal.Decimal(7), 8],
    ],
)
def test_whole_numbers_become_text_in_a_spreadsheet_and_are_refused_in_a_table(
    numbers: Any,
) -> None:
    values = pd.Series(numbers)
    with pytest.warns(AuditNote, match=r"Column 'id': 2 ids are numbers .*'7' for example"):
        cleaned = clean_ids(values, column="id", source="spreadsheet")
    assert ["7", "8"] == cleaned.tolist()
    said = refusal(lambda: clean_ids(values, column="id", source="table"))
    assert "holds numbers, and ids must be text: 007 and 7 are different cases" in said


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["A1", np.nan], "no id for 1 cases (case rows 2)"),
        (["A1", None, pd.NA, "", " \t", "A2"], "no id for 4 cases (case rows 2, 3, 4, 5)"),
        (["A1", 7, "A3"], "mixes text and numbers: 1 of 3 ids are a number (case rows 2)"),
        ([True, False], "holds a true or false in 2 cells"),
        ([dt.date(2024, 5, 17)], "holds a date or time in 1 cells"),
        ([pd.Timestamp("2024-05-17")], "holds a date or time in 1 cells"),
        ([("A", 1)], "holds a tuple in 1 cells"),
    ],
)
def test_what_is_not_an_id_is_refused_with_its_rows(values: list[object], says: str) -> None:
    given = pd.Series(values, dtype=object)
    assert says in refusal(lambda: clean_ids(given, column="id", source="table"))


def test_an_infinite_number_is_not_whole() -> None:
    given = pd.Series([1.0, np.inf])
    said = refusal(lambda: clean_ids(given, column="id", source="spreadsheet"))
    assert "1 numbers that are not whole: inf (rows 3; the header is row 1)" in said


def test_datetimes_in_a_column_of_their_own_are_refused() -> None:
    given = pd.Series(pd.to_datetime(["2024-05-17"]))
    said = refusal(lambda: clean_ids(given, column="id", source="spreadsheet"))
    assert "holds a date or time in 1 cells" in said


# bad ids


def test_good_ids_are_not_refused() -> None:
    refuse_bad_ids(pd.Series(["007", "07", "Å", "a-b", "ab", "x" * 200, "𝄞", "a|b"]), column="id")


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["A1", None], "no id for 1 cases (case rows 2)"),
        (["A1", " "], "no id for 1 cases (case rows 2)"),
        (["x" * 201, "A1"], "1 ids longer than 200 characters (case rows 1)"),
        (["A1", "A\n2"], r"1 ids with a line break or another control character: 'A\n2' (case"),
        (["A1", "A\u20282"], "line break"),
        (["A1", "A\x002"], "control character"),
        (["A1", "A\ud8002"], "control character"),
        (
            ["A1", "B2", "A1", "C3", "B2", "A1"],
            "occur more than once: 2 ids in 5 cases, 'A1', 'B2' (case rows 1, 3, 6, 2, 5)",
        ),
        (["A1", "A1 "], "occur more than once: 1 ids in 2 cases, 'A1' (case rows 1, 2)"),
        (["Å", "A\u030a"], "occur more than once"),
        (["a1", "B", "A1"], "2 ids in 2 cases, 'a1', 'A1' (case rows 1, 3)"),
        (["A 1", "A1"], "differ only by case, blanks"),
        (["A\u00a01", "A1"], "differ only by case, blanks"),
        (["A\u200b1", "A1"], "characters that cannot be seen"),
        (["straße", "STRASSE"], "differ only by case"),
        (["010190-1234", "0101901234"], "a CPR number's hyphen"),
    ],
)
def test_bad_ids_are_refused_with_count_and_rows(ids: list[object], says: str) -> None:
    assert says in bad(*ids)


@pytest.mark.parametrize(
    "ids",
    [
        ["010190-1234", "010190-1234"],
        ["010190-1234", "010190 1234"],
        ["010190-1234", "0101901234"],
        ["a", "010190\n-1234", "case\n0101901234"],
    ],
)
def test_no_message_shows_a_cpr_number(ids: list[object]) -> None:
    assert "1234" not in bad(*ids).replace("\\n", "")


# pseudonyms


def test_a_pseudonym_is_the_beginning_of_the_keyed_hash() -> None:
    """RFC 2104 written out: H((K xor opad) || H((K xor ipad) || text)), blocks of 64 bytes."""
    table = pd.DataFrame({"cpr": ["010190-1234", " Å1"], "n": [1, 2]}, index=[7, 8])
    padded = KEY.encode().ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    expected = [
        hashlib.sha256(outer + hashlib.sha256(inner + text.encode()).digest()).hexdigest()[:20]
        for text in ("010190-1234", "Å1")
    ]
    replaced = pseudonymise(table, "cpr", key=KEY)
    assert expected == replaced["cpr"].tolist()
    assert [1, 2] == replaced["n"].tolist()
    assert ["010190-1234", " Å1"] == table["cpr"].tolist()


def test_a_pseudonym_of_rfc_4231() -> None:
    """RFC 4231, test case 3 has a key of 20 bytes and other data; here test case 1's key."""
    key, text = b"\x0b" * 20, "Hi There"
    expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"[:20]
    table = pd.DataFrame({"id": [text]})
    assert expected == pseudonymise(table, "id", key=key)["id"][0]


def test_the_same_person_has_one_pseudonym_whatever_the_table() -> None:
    ids = ["010190-1234", "020290-1234", "010190-1234"]
    one = pseudonymise(pd.DataFrame({"id": ids}), "id", key=KEY)["id"].tolist()
    other = pseudonymise(pl.DataFrame({"id": ids}), "id", key=KEY.encode())["id"].tolist()
    assert one == other
    assert one[0] == one[2] != one[1]


def test_a_key_is_the_same_however_its_letters_are_composed() -> None:
    table = pd.DataFrame({"id": ["A1"]})
    composed = pseudonymise(table, "id", key="nøgle på sytten å")
    apart = pseudonymise(table, "id", key="nøgle pa\u030a sytten a\u030a")
    assert composed["id"][0] == apart["id"][0]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("short", "The key has 5 bytes; it must have at least 16"),
        (b"x" * 15, "The key has 15 bytes"),
        ("", "The key has 0 bytes"),
        (KEY + "\n", "The key begins or ends with a blank or a line break"),
        (1234, "The key is a int; it must be text or bytes"),
        (None, "The key is a NoneType"),
    ],
)
def test_a_weak_key_is_refused_and_not_shown(key: Any, says: str) -> None:
    said = refusal(lambda: pseudonymise(pd.DataFrame({"id": ["A1"]}), "id", key=key))
    assert says in said
    assert not key or str(key) not in said


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["A1", None], "no id for 1 cases (case rows 2)"),
        ([101901234, 1], "holds numbers, and ids must be text"),
        (["A\n1"], "line break"),
        (["x", "a1", "A1", "a1"], "2 ids in 3 cases, 'a1', 'A1' (case rows 2, 4, 3)"),
        (["010190-1234", "0101901234"], "a CPR number's hyphen"),
    ],
)
def test_ids_that_would_get_the_wrong_pseudonym_are_refused(ids: list[object], says: str) -> None:
    table = pd.DataFrame({"id": ids})
    assert says in refusal(lambda: pseudonymise(table, "id", key=KEY))


def test_a_column_that_is_not_there_is_refused() -> None:
    table = pd.DataFrame({"cpr": ["A1"]})
    said = refusal(lambda: pseudonymise(table, "CPR", key=KEY))
    assert "no column 'CPR'; did you mean 'cpr'?" in said


def test_a_shared_pseudonym_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one digit, 17 ids must share one of 16 pseudonyms."""
    monkeypatch.setattr(ids_module, "PSEUDONYM_DIGITS", 1)
    table = pd.DataFrame({"id": [f"A{n}" for n in range(17)]})
    assert "use another key" in refusal(lambda: pseudonymise(table, "id", key=KEY))


def test_a_pseudonym_is_long_enough_for_a_million_ids() -> None:
    """The chance that any two of n agree is at most n * (n - 1) / 2 / 16**digits."""
    assert 10**6 * (10**6 - 1) / 2 / 16**ids_module.PSEUDONYM_DIGITS < 1 / (2 * 10**12)


def test_a_pseudonym_is_not_a_plain_hash() -> None:
    table = pseudonymise(pd.DataFrame({"id": ["010190-1234"]}), "id", key=KEY)
    assert not hashlib.sha256(b"010190-1234").hexdigest().startswith(table["id"][0])
    assert hmac.new(KEY.encode(), b"010190-1234", "sha256").hexdigest().startswith(table["id"][0])
