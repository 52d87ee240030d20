"""The README's picture of the districts is what the library draws of its example."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import sampleaudit as sa
from sampleaudit.plots.saving import svg_picture

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "synthetic"


def test_the_picture_of_the_districts_is_up_to_date():
    """Its words are the same, and every text and mark stands where it stood.

    Not its bytes: other versions of matplotlib measure text a hair wider or narrower.
    """
    register = sa.read_register(DATA / "caseload.csv", case_id="case_id")
    frame = sa.build_frame(register, case_id="case_id", stratify_by=["district", "placement"])
    sample = sa.draw(sa.plan_sample(frame, 240), seed="council meeting 2026-02-07, dice 3 4 2 1 2")
    answers = sa.read_register(DATA / "findings.csv", case_id="case_id")
    found = sa.estimate_rates(
        sa.record_findings(sample, answers), "assessment missing", by="district", overall=True
    )
    committed = (ROOT / "docs" / "images" / "districts.svg").read_text("utf-8")
    old, new = (
        list(parsed(text).iter()) for text in (committed, svg_picture(found.plot(order="rate")))
    )
    assert [part.tag for part in old] == [part.tag for part in new], "run docs/images/make.py"
    for one, other in zip(old, new, strict=True):
        assert (one.text or "").strip() == (other.text or "").strip()
        for name in ("x", "y"):
            if name in one.attrib:
                assert float(one.attrib[name]) == pytest.approx(float(other.attrib[name]), abs=1.5)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 -- our own picture
