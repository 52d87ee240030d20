"""The frame: what it holds, what it refuses, and its fingerprint."""

from __future__ import annotations

from hashlib import sha256

import pandas as pd
import pytest

import sampleaudit as sa


def test_strata_are_counted(frame: sa.Frame):
    """Stratum columns and population, sorted."""
    assert ["district", "population"] == frame.strata.columns.tolist()
    assert [("North", 30), ("South", 20), ("West", 10)] == list(
        frame.strata.itertuples(index=False, name=None)
    )
    assert 60 == frame.size


def test_population_counts_strata_by_domains(frame: sa.Frame):
    """Every combination that occurs, adding up to the caseload."""
    assert ["district", "age", "population"] == frame.population.columns.tolist()
    assert 60 == frame.population["population"].sum()


def test_without_strata_there_is_one(register: pd.DataFrame):
    """A frame without stratum columns has the whole caseload as its stratum."""
    frame = sa.build_frame(register, case_id="case_id")
    assert [60] == frame.strata["population"].tolist()


def test_the_fingerprint_is_the_documented_bytes():
    """SHA-256 over the lines that the documentation describes, written out here by hand."""
    register = pd.DataFrame({"id": ["b", "A"], "part": ["x", "ø"], "age": [7, 8]})
    frame = sa.build_frame(register, case_id="id", stratify_by="part", domains="age")
    lines = "sampleaudit frame 1\nstrata\tpart\ndomains\tage\nA\tø\t8\nb\tx\t7\n"
    assert sha256(lines.encode()).hexdigest() == frame.fingerprint


def test_the_fingerprint_does_not_depend_on_row_order(register: pd.DataFrame, frame: sa.Frame):
    """Reversed rows, other index: the same fingerprint."""
    again = sa.build_frame(
        register.iloc[::-1], case_id="case_id", stratify_by="district", domains="age"
    )
    assert frame.fingerprint == again.fingerprint


def test_the_fingerprint_changes_with_any_value(register: pd.DataFrame, frame: sa.Frame):
    """One case in another district is another register."""
    register.loc[3, "district"] = "South"
    again = sa.build_frame(register, case_id="case_id", stratify_by="district", domains="age")
    assert frame.fingerprint != again.fingerprint


def test_any_data_frame_will_do(register: pd.DataFrame, frame: sa.Frame):
    """Polars and Arrow give the same frame as pandas."""
    polars = pytest.importorskip("polars")
    for table in (polars.from_pandas(register), polars.from_pandas(register).to_arrow()):
        again = sa.build_frame(table, case_id="case_id", stratify_by="district", domains="age")
        assert frame.fingerprint == again.fingerprint


def test_what_methods_hand_out_are_copies(frame: sa.Frame):
    """Changing a table that was handed out does not change the frame."""
    cases, strata = frame.to_frame(), frame.strata
    cases.loc[0, "district"] = "Atlantis"
    strata.loc[0, "population"] = 0
    assert "Atlantis" not in frame.to_frame()["district"].tolist()
    assert 30 == frame.strata["population"][0]


def test_a_register_that_reconciles(register: pd.DataFrame):
    """Expected 72, 12 closed: the 60 of the register."""
    frame = sa.build_frame(
        register, case_id="case_id", expected_size=72, excluded={"closed before 2025": 12}
    )
    assert 72 == frame.reconciliation.expected_size
    assert {"closed before 2025": 12} == dict(frame.reconciliation.excluded)


REFUSED = {
    "does not reconcile: 75 cases expected, 12 excluded": {
        "expected_size": 75, "excluded": {"closed": 12},
    },
    "excluded says -1 for 'closed'": {"expected_size": 60, "excluded": {"closed": -1}},
    "no column 'distrikt'; did you mean 'district'": {"stratify_by": "distrikt"},
    "stratify_by names 'district' twice": {"stratify_by": ["district", "district"]},
    "'district' is used twice": {"stratify_by": "district", "domains": "district"},
    "stratify_by holds 3": {"stratify_by": [3]},
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_arguments_that_cannot_be_meant_are_refused(register: pd.DataFrame, message: str):
    """Each with the name, the value and the rule."""
    with pytest.raises(sa.AuditError, match=message):
        sa.build_frame(register, case_id="case_id", **REFUSED[message])


def refusal(register: pd.DataFrame, **changes: object) -> str:
    with pytest.raises(sa.AuditError) as caught:
        sa.build_frame(register, **{"case_id": "case_id", "stratify_by": "district", **changes})
    return str(caught.value)


def test_an_empty_register_is_refused(register: pd.DataFrame):
    """There is nothing to draw from."""
    assert "has no cases" in refusal(register.iloc[:0])


def test_repeated_ids_are_refused_with_the_first(register: pd.DataFrame):
    """The id that stands twice is named."""
    register.loc[5, "case_id"] = "C001"
    assert "'C001'" in refusal(register)


def test_ids_that_differ_only_by_case_or_blanks_are_refused(register: pd.DataFrame):
    """c001 and C001 are one case to a human reader."""
    register.loc[5, "case_id"] = "c 001"
    assert "c 001" in refusal(register)


def test_ids_that_are_numbers_are_refused(register: pd.DataFrame):
    """007 and 7 are different cases, and a number cannot tell them apart."""
    register["case_id"] = range(60)
    assert "text" in refusal(register)


def test_a_missing_stratum_is_refused_with_its_row(register: pd.DataFrame):
    """The case row is given."""
    register.loc[4, "district"] = None
    assert "Column 'district' is empty for 1 cases (case rows 5)" in refusal(register)


def test_a_fraction_as_a_stratum_is_refused(register: pd.DataFrame):
    """Strata are labels, not measurements."""
    register["district"] = [0.5 * number for number in range(60)]
    assert "holds the fraction 0.5" in refusal(register)


def test_a_control_character_in_a_stratum_is_refused(register: pd.DataFrame):
    """It could forge a line of the fingerprint."""
    register.loc[4, "district"] = "North\nSouth"
    assert "control character" in refusal(register)


def test_a_column_with_the_name_of_a_result_is_refused(register: pd.DataFrame):
    """A stratum called rate would clash with the rate."""
    assert "name of a column of the results" in refusal(
        register.rename(columns={"district": "rate"}), stratify_by="rate"
    )


def test_a_control_character_in_a_column_name_is_refused(register: pd.DataFrame):
    """It could forge the head of the fingerprint."""
    assert "control character in its name" in refusal(
        register.rename(columns={"district": "a\tb"}), stratify_by="a\tb"
    )


CPR = [f"{day:02d}0{month}7{year}{serial}" for day in range(1, 6) for month in range(1, 5)
       for year in (1, 2, 3) for serial in ("1234",)]  # fmt: skip


def test_ids_that_look_like_cpr_numbers_are_refused_unseen(register: pd.DataFrame):
    """The message says how many and what to do, and shows none of them."""
    register["case_id"] = CPR
    message = refusal(register)
    assert "100% of the values in column 'case_id' look like CPR numbers" in message
    assert "pseudonymise" in message
    assert not any(number in message or number[:6] in message for number in CPR)


def test_a_reason_overrides_the_cpr_rule_and_is_kept(register: pd.DataFrame):
    """It goes into the plan and so into the manifest."""
    register["case_id"] = CPR
    frame = sa.build_frame(register, case_id="case_id", not_cpr="serial numbers of the archive")
    assert "serial numbers of the archive" == sa.plan_sample(frame, 5).as_dict()["not_cpr"]


def test_a_pseudonymised_register_is_accepted(register: pd.DataFrame):
    """The advice of the message works."""
    register["case_id"] = CPR
    safe = sa.pseudonymise(register, "case_id", key="a key that stays with the municipality")
    assert 60 == sa.build_frame(safe, case_id="case_id").size


def test_cpr_numbers_in_a_stratum_column_are_refused(register: pd.DataFrame):
    """Strata and domains go out in the sample, too."""
    register["district"] = CPR
    assert "column 'district' look like CPR numbers" in refusal(register)
