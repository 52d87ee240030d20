"""Reports as a browser shows them: pictures of a page at three widths, and axe-core's findings.

``python tests/report/browser.py REPORT.html FOLDER`` writes desktop.png, phone.png and, for print,
report.pdf with a PNG of each page. Needs Debian's chromium and, for the pages, poppler-utils, and
says so where they are missing.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
WIDTHS = {"desktop": 1280, "phone": 390}
SECONDS = 120
TALLEST = 15_000  # pixels of a picture; the browser makes none much higher


def chromium() -> str | None:
    """Return the browser's path, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def screenshots(report: Path, folder: Path) -> list[Path]:
    """Write pictures of the whole page at each width, and of its printed pages.

    A page that is too long for one picture gets several; what an earlier run left is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.png"), *folder.glob("*.pdf")):
        old.unlink()
    made = []
    for name, width in WIDTHS.items():
        height = int(_measured(report, width)["height"]) + 20
        parts = -(-height // TALLEST)
        for part in range(parts):
            picture = folder / (f"{name}.png" if parts == 1 else f"{name}-{part + 1}.png")
            _picture(report, picture, width, height, top=part * TALLEST)
            made.append(picture)
    pdf = folder / "report.pdf"
    _run("--no-pdf-header-footer", f"--print-to-pdf={pdf.resolve()}", report.resolve().as_uri())
    if shutil.which("pdftoppm"):
        command = ["pdftoppm", "-r", "70", "-png", str(pdf), str(folder / "page")]
        subprocess.run(command, check=True)  # noqa: S603 -- our own words
        made += sorted(folder.glob("page-*.png"))
    return [*made, pdf]


def missing() -> list[str]:
    """Return what is not here, what is lacking without it, and where it comes from."""
    told = []
    if chromium() is None:
        told.append("no pictures: there is no chromium; on Debian: apt-get install chromium")
    if shutil.which("pdftoppm") is None:
        told.append(
            "no pictures of the printed pages, only report.pdf: there is no pdftoppm; on Debian: "
            "apt-get install poppler-utils"
        )
    return told


def _picture(report: Path, picture: Path, width: int, height: int, *, top: int) -> None:
    """Write one picture of the page, from ``top`` pixels on."""
    # a window is never narrower than 500 pixels; a frame may be
    frame = (
        f"<!DOCTYPE html><html><body style='margin:0;overflow:hidden'><iframe src="
        f"'{report.resolve().as_uri()}' width={width} height={height} "
        f"style='border:0;margin-top:-{top}px'></iframe></body></html>"
    )
    with tempfile.TemporaryDirectory() as here:
        page = Path(here) / "frame.html"
        page.write_text(frame, encoding="utf-8")
        size = f"--window-size={max(width, 500)},{min(height - top, TALLEST)}"
        _run(size, f"--screenshot={picture.resolve()}", page.as_uri())


def violations(report: Path) -> list[dict[str, Any]]:
    """Return what axe-core finds against WCAG 2.1 AA and its best practice in a report."""
    script = AXE.read_text(encoding="utf-8").replace("</script", r"<\/script")
    run = (
        "axe.run(document, {runOnly: " + json.dumps(RULES) + "}).then(r => answer(r.violations.map("
        "v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 300))}))))"
    )
    found: list[dict[str, Any]] = _answer(report, script + ";" + run)
    return found


def wrapped(report: Path, width: int) -> dict[str, Any]:
    """Return what does not fit: numbers on two lines, text cut off, a page wider than its window.

    ``numbers`` are cells of more than one line, ``cut`` texts wider than what holds them,
    ``sideways`` by how many pixels the page is too wide.
    """
    found: dict[str, Any] = _measured(report, width)
    return found


_MEASURE = """
const lines = cell => new Set([...(() => {
  const range = document.createRange(); range.selectNodeContents(cell);
  return range.getClientRects();
})()].map(box => Math.round(box.top))).size;
const height = document.documentElement.scrollHeight;
document.querySelectorAll('details').forEach(d => d.open = true);
const left = n => getComputedStyle(n).textAlign === 'left';
answer({
  height: height,
  sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  numbers: [...document.querySelectorAll('td')].filter(n => !left(n) && lines(n) > 1)
    .map(n => n.textContent),
  cut: [...document.querySelectorAll('p,h1,h2,h3,li,dd,dt,summary,caption,code')]
    .filter(n => n.scrollWidth > n.clientWidth + 1 && n.clientWidth > 0
      && getComputedStyle(n).display !== 'inline').map(n => n.textContent.slice(0, 80)),
});
"""


def _measured(report: Path, width: int) -> dict[str, Any]:
    measured: dict[str, Any] = _answer(report, _MEASURE, width=width)
    return measured


def _answer(report: Path, script: str, *, width: int = 1280) -> Any:
    """Run a script in the report, in a frame of its own, and return what it answers."""
    page = report.read_text(encoding="utf-8")
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    script = (
        "const answer = a => parent.postMessage(JSON.stringify(a), '*');"
        "addEventListener('load', () => {" + script + "});"
    )
    page = page.replace("</body>", f"<script>{script}</script></body>")
    with tempfile.TemporaryDirectory() as here:
        inner = Path(here) / "inner.html"
        inner.write_text(page, encoding="utf-8")
        outer = Path(here) / "outer.html"
        outer.write_text(
            f"<!DOCTYPE html><body><iframe src='inner.html' width={width} height=900></iframe>"
            "<pre id='said'></pre><script>addEventListener('message', e => {"
            "document.getElementById('said').textContent = e.data;});</script></body></html>",
            encoding="utf-8",
        )
        said = _run("--virtual-time-budget=60000", "--dump-dom", outer.as_uri())
    found = re.search(r'<pre id="said">(.*?)</pre>', said, re.DOTALL)
    assert found is not None, f"the page did not answer: {said[:500]}"
    return json.loads(html.unescape(found[1]))


def _run(*options: str) -> str:
    """Run the browser without a window and return what it prints."""
    path = chromium()
    assert path is not None, "there is no chromium; on Debian: apt-get install chromium"
    with tempfile.TemporaryDirectory() as profile:
        command = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-dev-shm-usage", "--allow-file-access-from-files", "--no-first-run",
            f"--user-data-dir={profile}", *options,
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603 -- our own words
            command, check=True, capture_output=True, text=True, timeout=SECONDS
        )
    return done.stdout


if __name__ == "__main__":
    lacking = missing()
    if chromium() is not None:
        for written in screenshots(Path(sys.argv[1]), Path(sys.argv[2])):
            print(written)  # noqa: T201 -- a command
    if lacking:
        sys.exit("\n".join(lacking))
