import datetime as dt
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampleaudit.errors import AuditError, AuditNote
from sampleaudit.files import csv_bytes
from sampleaudit.register import read_register

IDS = ["007", "Ærø-1", "Åse 2"]
ID_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).filter(
    lambda text: text.strip() != ""
)


def refusal(path: Path, case_id: str = "id", sheet: str | int | None = None) -> str:
    """Return the message with which the register is refused."""
    with pytest.raises(AuditError) as refused:
        read_register(path, case_id=case_id, sheet=sheet)
    return str(refused.value)


def write_xlsx(path: Path, **sheets: list[list[object]]) -> Path:
    """Write a workbook with these rows on these sheets."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def write_text(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


# reading each kind of file


def _write_ods(table: pd.DataFrame, path: Path) -> None:
    table.to_excel(path, index=False, engine="odf")


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".CSV": lambda table, path: table.to_csv(path, index=False, sep=";", encoding="cp1252"),
    ".tsv": lambda table, path: table.to_csv(path, index=False, sep="\t", encoding="utf-8-sig"),
    ".xlsx": lambda table, path: table.to_excel(path, index=False),
    ".ods": _write_ods,
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
}


@pytest.mark.parametrize("ending", WRITERS)
def test_ids_and_text_are_read_as_written(ending: str, tmp_path: Path) -> None:
    """Leading zeros stay, in the ids and in the other columns, and so do Danish letters."""
    file = tmp_path / f"sager{ending}"
    table = pd.DataFrame({"id": IDS, "postnr": ["0800", "5970", "0999"], "by": ["Høje", None, "Ø"]})
    WRITERS[ending](table, file)
    back = read_register(file, case_id="id").astype(object)
    assert table.astype(object).to_dict("list").keys() == back.to_dict("list").keys()
    assert IDS == back["id"].tolist()
    assert ["0800", "5970", "0999"] == back["postnr"].tolist()
    assert [False, True, False] == back["by"].isna().tolist()
    assert "Høje" == back["by"][0]


def test_cells_of_a_spreadsheet_keep_their_types(tmp_path: Path) -> None:
    day = dt.datetime(2024, 5, 17)
    rows: list[list[object]] = [
        ["id", "n", "x", "open", "since", "text"],
        ["a", 1, 1.5, True, day, "=1+1 "],
        ["b", 2, 2, False, day, None],
    ]
    table = read_register(write_xlsx(tmp_path / "a.xlsx", Ark1=rows), case_id="id")
    assert [1, 2] == table["n"].tolist()
    assert "int64" == str(table["n"].dtype)
    assert [1.5, 2.0] == table["x"].tolist()
    assert [True, False] == table["open"].tolist()
    assert pd.Timestamp(day) == pd.Timestamp(table["since"][0])
    assert table["text"].isna()[1]


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    text = "id,note\n=cmd|'/c calc'!A1,@SUM(1)\n"
    table = read_register(write_text(tmp_path / "a.csv", text), case_id="id")
    assert [["=cmd|'/c calc'!A1", "@SUM(1)"]] == table.to_numpy().tolist()


def test_names_and_ids_are_stripped_and_composed(tmp_path: Path) -> None:
    """Å as one character and as A with a ring are one letter (Unicode NFC)."""
    apart = unicodedata.normalize("NFD", "Å")
    text = f" sags{apart}nr , by \n{apart}1 , {apart}\n"
    table = read_register(write_text(tmp_path / "a.csv", text), case_id=f"sags{apart}nr ")
    assert ["sagsÅnr", "by"] == list(table.columns)
    assert "Å1" == table["sagsÅnr"][0]
    assert f" {apart}" == table["by"][0]


@given(st.lists(ID_TEXT, min_size=1))
def test_any_ids_written_to_csv_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str]
) -> None:
    file = tmp_path_factory.getbasetemp() / "ids.csv"
    file.write_bytes(csv_bytes(pd.DataFrame({"id": ids, "n": range(len(ids))})))
    expected = [unicodedata.normalize("NFC", text).strip() for text in ids]
    assert expected == read_register(file, case_id="id")["id"].tolist()


@pytest.mark.parametrize("ending", [".xlsx", ".parquet"])
def test_whole_numbers_become_text_and_it_says_so(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"a{ending}"
    WRITERS[ending](pd.DataFrame({"id": [7, 8, 999_999_999_999_999]}), file)
    with pytest.warns(AuditNote, match=r"'id': 3 ids are numbers .*Leading zeros") as noted:
        table = read_register(file, case_id="id")
    assert ["7", "8", "999999999999999"] == table["id"].tolist()
    assert __file__ == noted[0].filename  # it points at the user's line


def test_a_parquet_index_is_a_column(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2]}, index=pd.Index(["007", "8"], name="id")).to_parquet(
        tmp_path / "a.parquet"
    )
    table = read_register(tmp_path / "a.parquet", case_id="id")
    assert ["007", "8"] == table["id"].tolist()


def test_empty_rows_at_the_end_and_empty_nameless_columns_are_left_out(tmp_path: Path) -> None:
    text = "id;by;\nA1;x;\nA2;y;\n;;\n ; ;\n\n"
    table = read_register(write_text(tmp_path / "a.csv", text), case_id="id")
    assert [["A1", "x"], ["A2", "y"]] == table.to_numpy().tolist()
    assert ["id", "by"] == list(table.columns)


# sheets


def test_the_only_sheet_with_something_on_it_is_read(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "a.xlsx", Ark1=[["id"], ["A1"]], Ark2=[], Ark3=[])
    assert ["A1"] == read_register(file, case_id="id")["id"].tolist()


def test_a_sheet_is_chosen_by_name_or_place(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "a.xlsx", Sager=[["id"], ["A1"]], Lukket=[["id"], ["B1"]], Tom=[])
    assert ["B1"] == read_register(file, case_id="id", sheet="Lukket")["id"].tolist()
    assert ["A1"] == read_register(file, case_id="id", sheet=0)["id"].tolist()
    assert "several sheets with something on them: 'Sager', 'Lukket'." in refusal(file)
    assert "no sheet 'lukkede'; did you mean 'Lukket'?" in refusal(file, sheet="lukkede")
    assert "places count from 0 to 2" in refusal(file, sheet=3)
    assert "The sheet 'Tom'" in refusal(file, sheet="Tom")


def test_a_text_file_has_no_sheets(tmp_path: Path) -> None:
    assert "has no sheets" in refusal(write_text(tmp_path / "a.csv", "id\nA1\n"), sheet=0)


def test_a_workbook_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    assert "nothing on its sheets" in refusal(write_xlsx(tmp_path / "a.xlsx", Ark1=[]))


# refusals of files


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.xls", "Open it in Excel and save it as .xlsx."),
        ("a.txt", "the ending '.txt'; a register is a file that ends in .csv, .tsv, .xlsx, .ods,"),
        ("a", "has no ending"),
    ],
)
def test_an_unknown_ending_is_refused(name: str, says: str, tmp_path: Path) -> None:
    assert says in refusal(write_text(tmp_path / name, "id\nA1\n"))


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".parquet"])
def test_a_file_that_is_not_there_is_refused(ending: str, tmp_path: Path) -> None:
    write_text(tmp_path / f"sager{ending}", "")
    said = refusal(tmp_path / f"sagen{ending}")
    assert f"did you mean 'sager{ending}'?" in said


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".parquet"])
def test_a_file_that_excel_holds_open_is_refused(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert "close it and try again" in refusal(tmp_path / f"a{ending}")


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("a.xlsx", b"id;by\nA1;x\n", "It is damaged or not a spreadsheet"),
        ("a.xlsx", b"", "It is damaged or not a spreadsheet"),
        ("a.ods", b"PK\x03\x04" + b"x" * 100, "It is damaged or not a spreadsheet"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "protected by a password"),
        ("a.parquet", b"id;by\nA1;x\n", "cannot be read as parquet"),
        ("a.parquet", b"", "cannot be read as parquet"),
        ("a.csv", b"PK\x03\x04" + b"x" * 100, "give it the ending .xlsx"),
        ("a.csv", b"id,x\nA1,1,2\n", "lines 2"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    name: str, raw: bytes, says: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(raw)
    assert says in refusal(tmp_path / name)


def test_every_half_of_a_workbook_is_refused_or_read(tmp_path: Path) -> None:
    """A workbook cut or overwritten anywhere is never an error of the program."""
    whole = write_xlsx(tmp_path / "a.xlsx", Ark1=[["id"], ["A1"]]).read_bytes()
    for cut in range(0, len(whole), 97):
        for raw in (whole[:cut], whole[:cut] + b"\xff" * 9 + whole[cut + 9 :]):
            (tmp_path / "b.xlsx").write_bytes(raw)
            try:
                table = read_register(tmp_path / "b.xlsx", case_id="id")
            except AuditError:
                continue
            assert ["A1"] == table["id"].tolist()


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "a.parquet", "PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert 'pip install "sampleaudit[parquet]"' in refusal(tmp_path / "a.parquet")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".parquet"])
def test_a_register_without_cases_is_refused(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"a{ending}"
    WRITERS[ending](pd.DataFrame({"id": pd.Series([], dtype=object), "by": []}), file)
    assert "has a header but no cases" in refusal(file)


def test_a_sheet_whose_first_row_is_empty_is_refused(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "a.xlsx", Ark1=[[], ["id"], ["A1"]])
    assert "nothing in the first row of the sheet" in refusal(file)


def test_a_column_that_is_not_there_shows_near_names_and_all(tmp_path: Path) -> None:
    file = write_text(tmp_path / "a.csv", "Case_ID,by,010190-1234\nA1,x,y\n")
    said = refusal(file, case_id="case_id")
    assert (
        "no column 'case_id'; did you mean 'Case_ID'? There are 'Case_ID', 'by', '010190-****'."
        in said
    )


def test_columns_of_the_same_name_are_refused(tmp_path: Path) -> None:
    said = refusal(write_text(tmp_path / "a.csv", "id,by, by ,x\nA1,1,2,3\n"))
    assert "several columns named 'by'" in said


def test_a_nameless_column_with_something_in_it_is_refused(tmp_path: Path) -> None:
    said = refusal(write_text(tmp_path / "a.csv", ",id\n0,A1\n"))
    assert "columns without a name in the first row, but with something below: column 1" in said


# refusals of ids


def rows_of(*ids: object) -> list[list[object]]:
    return [["id", "by"], *([one, "x"] for one in ids)]


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["A1", None, "A3", "  "], "no id for 2 cases (rows 3, 5; the header is row 1)"),
        (["A1", "A2", 7], "mixes text and numbers: 1 of 3 ids are a number (rows 4;"),
        ([7, 8, "A2"], "mixes text and numbers: 1 of 3 ids are a text (rows 4;"),
        ([7, 8.5], "1 numbers that are not whole: 8.5 (rows 3;"),
        ([7, 10**15], "1 numbers of more than 15 digits (rows 3;"),
        (["A1", dt.date(2024, 5, 17)], "holds a date or time in 1 cells"),
        ([dt.time(12, 30), "A1"], "holds a date or time in 1 cells"),
        ([1, True], "holds a true or false in 1 cells, which is not an id (rows 3;"),
    ],
)
def test_ids_that_are_not_ids_are_refused(ids: list[object], says: str, tmp_path: Path) -> None:
    assert says in refusal(write_xlsx(tmp_path / "a.xlsx", Ark1=rows_of(*ids)))


def test_a_missing_id_in_csv_is_refused_with_its_row(tmp_path: Path) -> None:
    file = write_text(tmp_path / "a.csv", "id,by\nA1,x\n ,y\nA3,z\n")
    assert "(rows 3; the header is row 1)" in refusal(file)


def test_repeated_ids_are_left_to_the_frame(tmp_path: Path) -> None:
    file = write_text(tmp_path / "a.csv", "id,by\nA1,x\nA1,y\n")
    assert ["A1", "A1"] == read_register(file, case_id="id")["id"].tolist()
