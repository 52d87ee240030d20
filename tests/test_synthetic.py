"""The made-up caseload: the same for ever, true to what it says of itself, and nobody's."""

from __future__ import annotations

import re
from hashlib import sha256
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from sampleaudit.errors import AuditError
from sampleaudit.frame import build_frame
from sampleaudit.plan import plan_sample
from sampleaudit.settings import read_settings
from sampleaudit.synthetic import (
    COLUMNS,
    DISTRICTS,
    EXAMPLE_SEED,
    EXCLUDED,
    INDICATORS,
    PLACEMENTS,
    main,
    placement_findings,
    placement_register,
    write_example,
)

DATA = Path(__file__).parents[1] / "data" / "synthetic"
MADE = ("caseload.csv", "truth.csv", "findings.csv", "audit.toml")

# The 98 municipalities of Denmark since 2007, as Statistics Denmark lists them, and the ten
# districts of Copenhagen.
REAL_PLACES = """
    Albertslund, Allerød, Assens, Ballerup, Billund, Bornholm, Brøndby, Brønderslev, Dragør, Egedal,
    Esbjerg, Fanø, Favrskov, Faxe, Fredensborg, Fredericia, Frederiksberg, Frederikshavn,
    Frederikssund, Furesø, Faaborg-Midtfyn, Gentofte, Gladsaxe, Glostrup, Greve, Gribskov,
    Guldborgsund, Haderslev, Halsnæs, Hedensted, Helsingør, Herlev, Herning, Hillerød, Hjørring,
    Holbæk, Holstebro, Horsens, Hvidovre, Høje-Taastrup, Hørsholm, Ikast-Brande, Ishøj,
    Jammerbugt, Kalundborg, Kerteminde, Kolding, København, Køge, Langeland, Lejre, Lemvig, Lolland,
    Lyngby-Taarbæk, Læsø, Mariagerfjord, Middelfart, Morsø, Norddjurs, Nordfyns, Nyborg, Næstved,
    Odder, Odense, Odsherred, Randers, Rebild, Ringkøbing-Skjern, Ringsted, Roskilde, Rudersdal,
    Rødovre, Samsø, Silkeborg, Skanderborg, Skive, Slagelse, Solrød, Sorø, Stevns, Struer,
    Svendborg, Syddjurs, Sønderborg, Thisted, Tønder, Tårnby, Vallensbæk, Varde, Vejen, Vejle,
    Vesthimmerlands, Viborg, Vordingborg, Ærø, Aabenraa, Aalborg, Aarhus,
    Indre By, Østerbro, Nørrebro, Vesterbro, Kongens Enghave, Valby, Vanløse, Brønshøj, Husum,
    Bispebjerg, Amager
"""


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    return placement_register(seed=EXAMPLE_SEED)


@pytest.fixture(scope="module")
def truth(register: pd.DataFrame) -> pd.DataFrame:
    return placement_findings(register, seed=EXAMPLE_SEED)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Frozen from the first run: nothing but a decision may change the example."""
    write_example(tmp_path / "new folder")
    made = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "new folder").iterdir()
    }
    assert {
        "caseload.csv": "ac409ad27bac47e4fd7fabc504e276f948b58e8aa2ac8fb434aefcf6feaf65df",
        "truth.csv": "6177e97d0dec08e0cb8ee618c83a32384227cedbfe09a40c540145c31939f368",
        "findings.csv": "1efde42591d1275daed22a11e9d04e1bf7f3bd72ecf3b4641e80074194875ead",
        "audit.toml": "cea3626e7f63d8bf29d9c27c93e96be1c2bc639d0408024e18b093c7e09fc1ac",
    } == made


def test_files_in_the_repository_and_the_package_are_those_that_the_code_makes(
    tmp_path: Path,
) -> None:
    """Three copies, one content."""
    write_example(tmp_path)
    package = resources.files("sampleaudit") / "example"
    for name in MADE:
        expected = (tmp_path / name).read_bytes()
        assert expected == (DATA / name).read_bytes()
        assert expected == (package / name).read_bytes()


def test_every_file_of_the_package_is_in_the_repository() -> None:
    """What `sampleaudit example` writes is what the notebooks use."""
    package = resources.files("sampleaudit") / "example"
    for file in package.iterdir():
        assert (DATA / file.name).read_bytes() == file.read_bytes()


def test_the_command_writes_the_example(tmp_path: Path) -> None:
    """``python -m sampleaudit.synthetic FOLDER`` says what it wrote."""
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert "Wrote caseload.csv, truth.csv, findings.csv and audit.toml" in result.output
    assert sorted(MADE) == sorted(path.name for path in tmp_path.iterdir())


def test_another_seed_gives_other_cases(register: pd.DataFrame) -> None:
    """The seed is not decoration."""
    other = placement_register(seed="another")
    assert len(register) == len(other)
    assert not register.equals(other)


def test_the_register_looks_like_one(register: pd.DataFrame) -> None:
    """Ids are text with gaps and no useful order; every column is text and complete."""
    assert list(COLUMNS) == list(register.columns)
    assert register["case_id"].is_unique
    assert register["case_id"].map(lambda case: bool(re.fullmatch(r"ANB-2[345]-\d{5}", case))).all()
    assert not register["case_id"].is_monotonic_increasing
    numbers = sorted(int(case[-5:]) for case in register["case_id"])
    assert max(numbers) > 3 * len(numbers)
    assert register.map(lambda cell: isinstance(cell, str) and bool(cell)).all(axis=None)
    assert {"2023", "2024", "2025"} == set(register["decision_date"].str[:4])


def test_the_law_follows_the_date_of_the_decision(register: pd.DataFrame) -> None:
    """Barnets lov is in force from 1 January 2024."""
    expected = (register["decision_date"] >= "2024-01-01").map(
        {True: "Barnets lov", False: "Serviceloven"}
    )
    assert expected.tolist() == register["law"].tolist()


def test_districts_are_the_ten_invented_ones(register: pd.DataFrame) -> None:
    """No district has the name of a real municipality or of a district of Copenhagen."""
    invented = {
        "Aftenlund", "Birkeklint", "Dugmark", "Fyrhale", "Glarvang", "Hejrevænge", "Kvistholm",
        "Møllesund", "Rimtoft", "Stormhave",
    }  # fmt: skip
    real = {place.strip().casefold() for place in REAL_PLACES.split(",")}
    assert 98 + 11 == len(real)
    assert invented == set(register["district"])
    assert not {district.casefold() for district in invented} & real


def test_shares_are_near_the_stated_ones(register: pd.DataFrame) -> None:
    """Within four standard deviations of a binomial draw."""
    kinds = {kind: share for kind, (_, share) in PLACEMENTS.items()}
    for column, shares in (("district", DISTRICTS), ("placement_kind", kinds)):
        assert sum(shares.values()) == pytest.approx(1)
        seen = register[column].value_counts(normalize=True)
        for label, share in shares.items():
            assert share == pytest.approx(
                seen[label], abs=4 * (share * (1 - share) / len(register)) ** 0.5
            )


@pytest.mark.parametrize(
    ("indicator", "rate"),
    [  # the rates that data/synthetic/README.md states, missing files counted as errors
        ("assessment missing", 0.169),
        ("action plan missing", 0.097),
        ("child not heard", 0.401),
        ("follow-up late", 0.694),
        ("visits missing", 0.612),
        ("notification not assessed in time", 0.347),
    ],
)
def test_realised_rates_are_the_stated_ones(
    truth: pd.DataFrame, indicator: str, rate: float
) -> None:
    """One assessment in six and one action plan in ten is missing."""
    applicable = truth[indicator][truth[indicator] != "not applicable"]
    assert rate == pytest.approx(applicable.isin(["error", "missing file"]).mean(), abs=0.0006)


def test_hardly_a_file_is_free_of_errors(truth: pd.DataFrame) -> None:
    """At least nine in ten have an error, even without counting the missing files."""
    assert (truth == "error").any(axis=1).mean() >= 0.9


def test_a_missing_file_is_missing_for_every_indicator(truth: pd.DataFrame) -> None:
    """A file that cannot be produced answers no question."""
    missing = truth[list(INDICATORS)] == "missing file"
    assert 11 == missing.any(axis=1).sum()  # as data/synthetic/README.md states
    assert missing.any(axis=1).equals(missing.all(axis=1))


def test_only_two_duties_may_not_apply(register: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Recent decisions need no follow-up yet; without a notification there is none to assess."""
    apart = (truth[list(INDICATORS)] == "not applicable").any()
    assert ["follow-up late", "notification not assessed in time"] == list(apart[apart].index)
    recent = register["decision_date"] >= "2025-10-01"
    due = truth["follow-up late"] != "not applicable"
    assert not due[recent & (truth["follow-up late"] != "missing file")].any()
    assert due[~recent].all()


def test_districts_and_laws_differ(register: pd.DataFrame, truth: pd.DataFrame) -> None:
    """There is something to find: Glarvang against Birkeklint, the old law against the new."""
    error = truth == "error"
    assessments = error["assessment missing"].groupby(register["district"]).mean()
    assert assessments["Glarvang"] > 3 * assessments["Birkeklint"]
    plans = error["action plan missing"].groupby(register["law"]).mean()
    assert plans["Serviceloven"] > plans["Barnets lov"]


def test_findings_do_not_depend_on_the_other_rows(
    register: pd.DataFrame, truth: pd.DataFrame
) -> None:
    """A case has the same findings in any order and in a part of the register."""
    some = register.iloc[[700, 3, 41]]
    expected = truth.iloc[[700, 3, 41]].reset_index(drop=True)
    assert expected.equals(placement_findings(some, seed=EXAMPLE_SEED))


def test_the_example_audit_can_be_planned(register: pd.DataFrame) -> None:
    """The register reconciles, and 240 cases leave at least two in each of the twenty strata."""
    settings = read_settings(DATA / "audit.toml")
    assert dict(EXCLUDED) == settings.register["excluded"]
    frame = build_frame(
        register,
        case_id=settings.register["case_id"],
        stratify_by=settings.stratify_by,
        domains=settings.domains,
        expected_size=settings.register["expected_size"],
        excluded=settings.register["excluded"],
    )
    plan = plan_sample(frame, settings.plan["size"])
    assert 20 == len(plan.table)
    assert 240 == plan.table["sampled"].sum()
    assert plan.table["sampled"].min() >= 2


def test_bad_requests_are_refused(register: pd.DataFrame) -> None:
    """A size below one, and a register of another kind."""
    with pytest.raises(AuditError, match="size is 0"):
        placement_register(seed="x", size=0)
    with pytest.raises(AuditError, match="no column 'district'"):
        placement_findings(register.drop(columns="district"), seed="x")


def test_the_schools_are_a_caseload_with_a_known_truth() -> None:
    """1,072 of 6,194 schools missed their school-wide target (apipop of R's survey package)."""
    schools = pd.read_csv(
        DATA.parent / "schools" / "california_schools.csv", dtype=str, keep_default_na=False
    )
    assert 6194 == len(schools) == schools["cds"].nunique()
    assert 1072 == (schools["sch.wide"] == "No").sum()
