"""Draw the pictures in the README: ``python docs/images/make.py``, from the repository's root.

`example.svg` is written by hand, so that the same estimates give the same bytes everywhere. A row
has the interval as a bar with the estimate as a dot on it, and the truth, known because the
caseload is made up, as a triangle below. Shape and place tell them apart, so it reads in grey.
`districts.svg` is what `Estimates.plot()` draws.
"""

from __future__ import annotations

import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Any, Final

import sampleaudit as sa

ROOT: Final = Path(__file__).resolve().parents[2]
PICTURE: Final = Path(__file__).with_name("example.svg")
DISTRICTS: Final = "districts.svg"  # beside it

WIDTH: Final = 880
TOP: Final = 78  # pixels above the first row: the heading and the key
ROW: Final = 38  # pixels from row to row
LEFT: Final = 275  # where 0 % lies
RIGHT: Final = 645  # where 100 % lies
INK: Final = "#1a1a1a"  # contrast to white 17 : 1
SOFT: Final = "#595959"  # 7 : 1; the axis and its numbers
BAR: Final = "#2f5d8a"  # 6.8 : 1
TRUTH: Final = "#a33b00"  # 6.6 : 1
GRID: Final = "#d9d9d9"  # says nothing that the numbers on the right do not say


def main() -> int:
    """Run the example audit in a temporary folder and write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        result = sa.run_audit(ROOT / "data" / "synthetic" / "audit.toml", into=folder)
    PICTURE.write_bytes(picture(result.truth.to_dict(orient="records"), result.sample.size))
    by_district = sa.estimate_rates(
        result.findings, "assessment missing", by="district", overall=True
    )
    sa.save_picture(by_district.plot(order="rate"), PICTURE.with_name(DISTRICTS))
    sys.stdout.write(f"Wrote {PICTURE} and {DISTRICTS}\n")
    return 0


def picture(rows: list[dict[str, Any]], size: int) -> bytes:
    """Return the SVG: one row per indicator, from `AuditRun.truth` (rates are shares of 1)."""
    height = TOP + ROW * len(rows) + 48
    title = f"Error rates in the example caseload, estimated from {size} cases"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title desc" '
        f'font-family="system-ui, Segoe UI, Helvetica, Arial, sans-serif" font-size="14">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(" ".join(map(_in_words, rows)))}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 30, title, size=17, weight="600"),
        *_key(),
        *_axis(len(rows)),
    ]
    for place, row in enumerate(rows):
        lines += _row(row, TOP + ROW * place + ROW / 2)
    lines.append("</svg>")
    return ("\n".join(lines) + "\n").encode()


def _key() -> list[str]:
    y = 55
    return [
        *_interval(20, 64, 42, y),
        _text(72, y + 5, "estimate and 95% interval", colour=SOFT),
        _triangle(297, y - 5),
        _text(310, y + 5, "truth: a review of every case", colour=SOFT),
        _text(WIDTH - 20, y + 5, "rate (95% interval)", colour=SOFT, anchor="end"),
    ]


def _axis(rows: int) -> list[str]:
    bottom = TOP + ROW * rows + 6
    lines = []
    for percent in range(0, 101, 20):
        x = _x(percent / 100)
        lines.append(f'<path d="M{x:.1f} {TOP} V{bottom}" stroke="{GRID}" stroke-width="1"/>')
        lines.append(_text(x, bottom + 18, f"{percent}%", colour=SOFT, anchor="middle"))
    return lines


def _row(row: dict[str, Any], y: float) -> list[str]:
    low, rate, high = row["rate_low"], row["rate"], row["rate_high"]
    return [
        _text(LEFT - 16, y + 5, row["indicator"], anchor="end"),
        *_interval(_x(low), _x(high), _x(rate), y),
        _triangle(_x(row["true_rate"]), y + 6),
        _text(WIDTH - 20, y + 5, f"{rate:.1%} ({low:.1%} to {high:.1%})", anchor="end"),
    ]


def _interval(low: float, high: float, rate: float, y: float) -> list[str]:
    return [
        f'<path d="M{low:.1f} {y:.1f} H{high:.1f}" stroke="{BAR}" stroke-width="6"/>',
        f'<circle cx="{rate:.1f}" cy="{y:.1f}" r="5" fill="#ffffff" stroke="{BAR}" '
        f'stroke-width="3"/>',
    ]


def _triangle(x: float, y: float) -> str:
    """Return a triangle whose upper corner points at ``x``."""
    return f'<path d="M{x:.1f} {y:.1f} l5.5 10 h-11 z" fill="{TRUTH}"/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    colour: str = INK,
    anchor: str = "start",
    size: int = 14,
    weight: str = "400",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}" font-weight="{weight}">{escape(text)}</text>'
    )


def _x(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * share


def _in_words(row: dict[str, Any]) -> str:
    return (
        f"{row['indicator']}: estimate {row['rate']:.1%}, 95% interval {row['rate_low']:.1%} to "
        f"{row['rate_high']:.1%}, truth {row['true_rate']:.1%}."
    )


if __name__ == "__main__":
    sys.exit(main())
