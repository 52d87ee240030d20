"""Pictures as files: a text alternative inside, the same bytes, and no markup from labels."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure
from PIL import Image

import sampleaudit as sa
from conftest import answer
from sampleaudit.plots.canvas import MAIN, OTHER, SOFT, alternative
from sampleaudit.plots.saving import png_bytes, svg_picture

ATTACK = "</text></svg><script>alert(1)</script> id=\"a\" & 'b'"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def ax(sample):
    found = sa.record_findings(sample, answer(sample, errors=2))
    return sa.estimate_rates(found, "late").plot()


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 -- our own picture


def test_the_text_alternative_says_what_the_picture_shows(ax):
    """Name, number, interval and count of every row."""
    words = alternative(ax)
    assert words.startswith("Error rates. Late: 25.0% (")
    assert words.endswith("found in 6 of 24.")


def test_an_svg_is_an_image_with_title_and_description(ax):
    """For screen readers, and without what changes from day to day."""
    picture = parsed(svg_picture(ax))
    assert "img" == picture.get("role")
    title, desc = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert f"{title.get('id')} {desc.get('id')}" == picture.get("aria-labelledby")
    assert "Error rates" == title.text
    assert "6 of 24" in desc.text
    assert not list(picture.iter(f"{SVG}metadata"))
    assert "6 of 24" in {text.text for text in picture.iter(f"{SVG}text")}


def test_the_same_picture_is_the_same_bytes(ax):
    """Nothing in a file hangs on the clock or on chance."""
    assert svg_picture(ax) == svg_picture(ax)
    assert png_bytes(ax) == png_bytes(ax)


def test_pictures_of_one_page_share_no_id(ax, sample):
    """Two pictures can stand in one page."""
    other = sa.estimate_rates(sa.record_findings(sample, answer(sample, errors=1)), "late").plot()
    one, two = (set(re.findall(r' id="([^"]*)"', svg_picture(each))) for each in (ax, other))
    assert one
    assert not one & two
    used = re.findall(r'(?:href="#|url\(#)([^")]*)', svg_picture(ax))
    assert set(used) <= one


def test_labels_are_never_markup(sample):
    """A label with tags is text in the picture, and in its text alternative."""
    found = sa.record_findings(sample, answer(sample, errors=2, indicator=ATTACK))
    text = svg_picture(sa.estimate_rates(found, [ATTACK]).plot())
    picture = parsed(text)
    assert not list(picture.iter("script"))
    assert not list(picture.iter(f"{SVG}script"))
    shown = " ".join(text.text for text in picture.iter(f"{SVG}text"))
    assert 'id="a"' in shown
    assert "<script>" in picture.find(f"{SVG}desc").text


def test_files_are_written_by_their_ending(ax, tmp_path):
    """SVG as text, PNG with the alternative as its description."""
    sa.save_picture(ax, tmp_path / "rates.svg", alt="One rate. It is high.")
    picture = parsed((tmp_path / "rates.svg").read_text("utf-8"))
    assert "One rate" == picture.find(f"{SVG}title").text
    assert "It is high." == picture.find(f"{SVG}desc").text
    sa.save_picture(ax, tmp_path / "rates.png", alt="En høj andel")
    with Image.open(tmp_path / "rates.png") as image:
        assert "En høj andel" == image.info["Description"]
        assert "Software" not in image.info


@pytest.mark.parametrize(
    ("name", "message"),
    [("rates.jpg", "written as .svg or .png"), ("no/rates.svg", "is not there; make it first")],
)
def test_other_paths_are_refused(ax, tmp_path, name, message):
    """One line says what to do."""
    with pytest.raises(sa.AuditError, match=message):
        sa.save_picture(ax, tmp_path / name)


def test_a_picture_without_words_is_refused(tmp_path):
    """Somebody else's picture needs a text alternative too."""
    with pytest.raises(sa.AuditError, match="no text alternative"):
        sa.save_picture(Figure().add_subplot(), tmp_path / "x.svg")


def test_a_notebook_shows_the_picture_with_its_alternative(ax):
    """IPython asks for a bundle: PNG, text, and the alternative beside them."""
    data, shown = ax._repr_mimebundle_()
    with Image.open(io.BytesIO(data["image/png"])) as image:
        assert image.width == pytest.approx(2 * shown["image/png"]["width"], abs=2)
    assert alternative(ax) == data["text/plain"] == shown["image/png"]["alt"]


def test_marks_and_text_can_be_seen_by_everyone():
    """Contrast to white: 4.5 for text, more than 3 for marks (WCAG 2.1 AA)."""
    for colour in (MAIN, OTHER, SOFT):
        assert contrast_to_white(colour) >= 4.5


def contrast_to_white(colour: str) -> float:
    """Return the contrast ratio of ``#rrggbb`` to white (WCAG 2.1, relative luminance)."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
