"""The archive: saved whole or not at all, loaded, and every number computed again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import sampleaudit as sa
from sampleaudit.checklist.reading import shipped_checklist


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an archive of twenty-four cases, opened by one; made once."""
    folder = tmp_path_factory.mktemp("saved")
    register = pd.DataFrame(
        {
            "case_id": [f"C{number:03d}" for number in range(60)],
            "district": ["North"] * 30 + ["South"] * 30,
        }
    )
    frame = sa.build_frame(register, case_id="case_id", stratify_by="district")
    plan = sa.plan_sample(frame, 24)
    sa.save_plan(plan, folder)
    sa.draw(plan, seed="fixture").save(folder)
    sample = sa.open_reserve(sa.load_sample(folder), "North", reason="duplicate", by="AB")
    sample.save(folder)
    (folder / "notes.txt").write_text("what was agreed", encoding="utf-8")
    sa.save_audit(
        findings_of(sample), folder, by="district", frame=frame,
        documents=[folder / "notes.txt"], statement="one file was read twice by mistake",
    )  # fmt: skip
    return folder


def findings_of(sample: sa.Sample, errors: int = 3) -> sa.Findings:
    answers = sample.cases[["case_id"]].copy()
    answers["late"] = (sample.cases["order"] <= errors).astype(int)
    answers["unheard"] = "correct"
    return sa.record_findings(sample, answers)


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def inner(folder: Path) -> Path:
    return folder / json.loads((folder / "archive.json").read_text("utf-8"))["folder"]


def test_an_audit_comes_back_with_its_findings_and_numbers(saved: Path):
    """Sample, opened case, findings, estimates and record."""
    audit = sa.load_audit(saved)
    assert 25 == audit.sample.size
    expected = findings_of(audit.sample)
    pd.testing.assert_frame_equal(expected.outcome_table(), audit.findings.outcome_table())
    assert {"estimates", "estimates_by_district"} == set(audit.tables)
    rates = sa.estimate_rates(expected).to_frame()
    assert rates["rate"].tolist() == audit.tables["estimates"]["rate"].tolist()
    assert audit.record["draw"]["planned_at"] <= audit.record["draw"]["drawn_at"]
    assert sa.__version__ == audit.record["software"]["sampleaudit"]
    assert "by mistake" in audit.record["statement"]


def test_every_number_is_computed_again(saved: Path):
    """And the document beside it is compared too."""
    found = sa.verify_audit(saved)
    assert found.ok, repr(found)
    assert found.numbers > 100
    assert () == found.unchecked
    assert repr(found).startswith("Verified: all")


def rehashed(folder: Path, name: str) -> None:
    """Write the new hash of a file into archive.json, as a forger would."""
    from sampleaudit.files import sha256_of_file

    record = json.loads((folder / "archive.json").read_text("utf-8"))
    record["files"][name] = sha256_of_file(inner(folder) / name)
    (folder / "archive.json").write_text(json.dumps(record), encoding="utf-8")


def replaced(name: str, old: str, new: str) -> Callable[[Path], str]:
    def how(folder: Path) -> str:
        file = inner(folder) / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return name

    return how


def raised_rate(folder: Path) -> str:
    table = pd.read_csv(inner(folder) / "estimates.csv", dtype=str)
    table.loc[0, "rate_low"] = str(float(table.loc[0, "rate_low"]) + 0.001)
    table.to_csv(inner(folder) / "estimates.csv", index=False)
    return "estimates.csv"


def dropped_finding(folder: Path) -> str:
    file = inner(folder) / "findings.csv"
    file.write_text(file.read_text("utf-8").rsplit("\n", 2)[0] + "\n", encoding="utf-8")
    return "findings.csv"


def reopened(folder: Path) -> str:
    file = inner(folder) / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    reserve = pd.read_csv(inner(folder) / "reserve.csv", dtype=str)
    north = reserve[reserve["district"] == "North"]
    manifest["opened"][0]["case"] = north["case_id"].iloc[-1]
    file.write_text(json.dumps(manifest), encoding="utf-8")
    return "manifest.json"


@pytest.mark.parametrize(
    ("tamper", "first"),
    [
        (raised_rate, "rate_low of row 1 (late"),
        (replaced("findings.csv", "error", "correct"), "errors of row 1 (late"),
        (dropped_finding, "the draw and the findings"),
        (reopened, "case opened in North"),
        (replaced("manifest.json", "duplicate", "tiresome"), "reason for opening"),
        (replaced("plan.json", '"size": 24', '"size": 25'), "hash of plan.json"),
        (replaced("sample.csv", "C0", "D0"), "sample.csv"),
        (replaced("manifest.json", '"seed": "fixture"', '"seed": "nicer"'), "identity of the draw"),
        (replaced("findings.csv", "C0", "X0"), "the draw and the findings"),
        (replaced("findings.csv", "error", "not reviewed"), "estimates.csv"),
        (replaced("manifest.json", '"reason"', '"motive"'), "the log of the reserve"),
        (replaced("register.csv", "South", "North"), "fingerprint of the register"),
    ],
)
def test_tampering_is_named_even_where_the_hash_was_changed_too(folder: Path, tamper, first: str):
    """What does not come out again is the first difference."""
    rehashed(folder, tamper(folder))
    found = sa.verify_audit(folder)
    assert not found.ok
    assert any(first in what for what in found.differences["what"]), repr(found)
    assert repr(found).startswith("Not verified. The first difference: ")


def test_a_changed_file_is_named_by_its_hash_and_not_loaded(folder: Path):
    """Without the forger's care the hash tells."""
    replaced("population.csv", "South", "south")(folder)
    assert "file population.csv" == sa.verify_audit(folder).differences["what"].iloc[0]
    with pytest.raises(sa.AuditError, match=r"not as it was saved: 'file population\.csv'"):
        sa.load_audit(folder)
    (inner(folder) / "population.csv").unlink()
    assert "no such file" in sa.verify_audit(folder).differences["found"].iloc[0]


def test_a_document_that_changed_is_named(folder: Path):
    """Files beside the archive are compared as long as they are there."""
    (folder / "notes.txt").write_text("other", encoding="utf-8")
    assert ["file notes.txt"] == sa.verify_audit(folder).differences["what"].tolist()
    (folder / "notes.txt").unlink()
    found = sa.verify_audit(folder)
    assert found.ok
    assert "notes.txt" in found.unchecked[0]


def test_another_format_is_refused(folder: Path):
    """An archive of a later version says so."""
    text = (folder / "archive.json").read_text("utf-8")
    (folder / "archive.json").write_text(text.replace("archive 1", "archive 9"), encoding="utf-8")
    with pytest.raises(sa.AuditError, match="not an archive that this version"):
        sa.load_audit(folder)
    with pytest.raises(sa.AuditError, match="there is no folder"):
        sa.verify_audit(folder / "nowhere")


def test_saving_again_leaves_one_folder(folder: Path):
    """The number goes up; the old files go."""
    audit = sa.load_audit(folder)
    sa.save_audit(findings_of(audit.sample, 2), folder)
    assert "archive-0002" == inner(folder).name
    assert not (folder / "archive-0001").exists()
    found = sa.verify_audit(folder)
    assert found.ok
    assert "register is not in the archive" in found.unchecked[0]


def test_a_folder_that_only_has_a_name_like_it_stays(folder: Path):
    """Nothing is removed that no archive wrote."""
    (folder / "archive-2024").mkdir()
    (folder / "archive-2024" / "letters.txt").write_text("mine", encoding="utf-8")
    sa.save_audit(findings_of(sa.load_sample(folder)), folder)
    assert (folder / "archive-2024" / "letters.txt").exists()
    assert not (folder / "archive-0001").exists()
    assert sa.verify_audit(folder).ok


def test_what_does_not_fit_together_is_refused(saved: Path, register: pd.DataFrame, tmp_path: Path):
    """A declared sample, another frame, a CPR number; nothing is written."""
    audit = sa.load_audit(saved)
    frame = sa.build_frame(register, case_id="case_id")
    with pytest.raises(sa.AuditError, match="frame is not the one"):
        sa.save_audit(audit.findings, tmp_path, frame=frame)
    with pytest.raises(sa.AuditError, match="CPR number"):
        sa.save_audit(audit.findings, tmp_path, statement="the file of 290200-1234 was late")
    declared = sa.declare_sample(
        register.iloc[:20], case_id="case_id", population=60, selection="random"
    )
    answers = declared.cases[["case_id"]].assign(late=0)
    with pytest.raises(sa.AuditError, match="this one was declared"):
        sa.save_audit(sa.record_findings(declared, answers), tmp_path)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed with a signal of POSIX")
def test_killed_at_any_step_the_archive_is_whole(folder: Path):
    """At every call that changes the disk a process is killed; what is left verifies.

    It is the old archive until archive.json is replaced, and the new one after that.
    """
    script = textwrap.dedent(
        """
        import json, os, shutil, signal, sys
        from pathlib import Path
        import sampleaudit as sa
        from sampleaudit.archive import layout

        folder, work = Path(sys.argv[1]), Path(sys.argv[2])
        contents = {f"{n}.csv": b"new" for n in range(3)}
        record = {"draw": {}, "estimates": []}

        def killing(function, at, count=[0]):
            def counted(*args, **kwargs):
                count[0] += 1
                if count[0] == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **kwargs)
            return counted

        results = []
        for step in range(1, 60):
            copy = work / str(step)
            shutil.copytree(folder, copy)
            child = os.fork()
            if child == 0:
                for owner, name in ((Path, "open"), (Path, "replace"), (Path, "unlink"),
                                    (Path, "mkdir"), (os, "fsync"), (shutil, "rmtree"),
                                    (shutil, "copy2")):
                    setattr(owner, name, killing(getattr(owner, name), step))
                layout.replace_archive(copy, contents, record)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            found = layout.read_record(copy)
            whole = not layout.changed_files(copy, found)
            results.append([os.WIFSIGNALED(status), found["folder"], whole])
            if not os.WIFSIGNALED(status):
                break
        print(json.dumps(results))
        """
    )
    done = subprocess.run(  # noqa: S603 -- our own Python and text
        [sys.executable, "-W", "ignore", "-c", script, str(folder), str(folder.parent)],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    results = json.loads(done.stdout)
    assert len(results) > 10
    assert all(whole for _, _, whole in results)
    assert [True] * (len(results) - 1) + [False] == [killed for killed, _, _ in results]
    names = [name for _, name, _ in results]
    assert ["archive-0001", "archive-0002"] == sorted(set(names))
    assert sorted(names) == names


def test_the_checklist_of_the_findings_is_needed(sample: sa.Sample, tmp_path: Path):
    """One that did not come with the library is named by its file."""
    changed = shipped_checklist("generic").replace(b'version = "', b'version = "9')
    (tmp_path / "mine.toml").write_bytes(changed)
    mine = sa.read_checklist(tmp_path / "mine.toml")
    sa.write_workbook(sample, mine, tmp_path / "review.xlsx", reviewers=["AB"], register=None)
    findings = sa.read_workbook(tmp_path / "review.xlsx", sample=sample, checklist=mine)
    with pytest.raises(sa.AuditError, match="name its TOML file"):
        sa.save_audit(findings, tmp_path / "a")
    (tmp_path / "other.toml").write_bytes(changed.replace(b'version = "9', b'version = "8'))
    with pytest.raises(sa.AuditError, match="is not the checklist of the findings"):
        sa.save_audit(findings, tmp_path / "a", checklist=tmp_path / "other.toml")
