"""The report as a browser shows it: accessible by axe-core, nothing cut, no number on two lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import AXE, chromium, violations, wrapped
from test_report import findings_of

import sampleaudit as sa

needs_browser = pytest.mark.skipif(
    chromium() is None, reason="there is no chromium; on Debian: apt-get install chromium"
)
needs_axe = pytest.mark.skipif(
    not AXE.exists(), reason="there is no axe-core; `make axe` fetches it from npm"
)


@pytest.fixture(scope="module", params=["en", "da"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report with everything in it: several indicators, domains and comparisons."""
    findings = findings_of(indicators=3)
    path = tmp_path_factory.mktemp("report") / "report.html"
    sa.write_report(
        findings, path, language=request.param,
        comparisons=[
            sa.compare_with_rest(findings, by="district"), sa.funnel(findings, by="district"),
            sa.compare_with(findings, by="district", reference="South", indicators="fault 1"),
            sa.pool_rates(findings, by="district"), sa.rank_domains(findings, by="district"),
            sa.detectable_difference(findings, by="district"),
            sa.verdict(sa.estimate_rates(findings), tolerable=0.1),
        ],
    )  # fmt: skip
    return path


@needs_browser
@needs_axe
def test_axe_finds_nothing_against_wcag(report: Path):
    assert [] == violations(report)


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_and_no_number_wraps(report: Path, width: int):
    found = wrapped(report, width)
    assert {"sideways": 0, "numbers": [], "cut": []} == {
        key: found[key] for key in ("sideways", "numbers", "cut")
    }


@needs_browser
@needs_axe
def test_axe_does_find_what_is_wrong(tmp_path: Path):
    """The check can fail: pale text, and a picture without a name."""
    page = (
        '<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><main><h1>h</h1>'
        '<p style="color:#bbb">pale</p><svg role="img"></svg></main></body></html>'
    )
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    found = {each["id"] for each in violations(tmp_path / "page.html")}
    assert {"color-contrast", "svg-img-alt"} <= found
