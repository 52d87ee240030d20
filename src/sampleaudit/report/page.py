"""A report as one HTML page: no script, nothing fetched, pictures and numbers inside."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sampleaudit.plots.canvas import alternative
from sampleaudit.plots.saving import svg_picture
from sampleaudit.report.blocks import Block, Document, Download, Picture
from sampleaudit.report.phrases import phrases

if TYPE_CHECKING:
    from markupsafe import Markup

_PLAIN: Final = ",;:/?@!$*()=+"  # signs that may stand in a link as they are


def html_bytes(report: Document) -> bytes:
    """Return a report as a page of HTML: UTF-8, the same bytes for the same report.

    Whatever looks like markup in a text is shown as text. Pictures are inline SVG, files of numbers
    links with their content; a rule in the page forbids scripts and requests.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    room = resources.files("sampleaudit.report")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=False, lstrip_blocks=False
    )
    template = environment.from_string(room.joinpath("page.html").read_text(encoding="utf-8"))
    text = phrases(report.language)

    def svg(block: Picture) -> Markup:
        return Markup(svg_picture(block.ax))  # noqa: S704 -- its texts are escaped where it is made

    def scroll(caption: str) -> str:
        return text["scroll"].format(caption=caption)

    def sum_of(block: Download) -> str:
        return text["numbers sum"].format(name=block.name)

    style = room.joinpath("page.css").read_text(encoding="utf-8")
    page = template.render(
        report=report,
        style=Markup(style),  # noqa: S704 -- our own
        contents=text["contents"],
        kind_of=_kind_of,
        name_of=_name_of,
        link=_link,
        digest=_digest,
        svg=svg,
        scroll=scroll,
        sum_of=sum_of,
        unbroken=_unbroken,
    )
    return page.encode()


def _unbroken(head: str) -> str:
    """Return a head in which neither "95 %-interval" nor the mark of a footnote is broken off."""
    return head.replace("%-", "%\u2011").replace(" [", "\u00a0[")


def _kind_of(block: Block) -> str:
    return type(block).__name__


def _name_of(block: Picture) -> str:
    """Return the first sentence of a picture's text alternative: its title."""
    return alternative(block.ax).partition(". ")[0].removesuffix(".")


def _link(block: Download) -> str:
    return f"data:text/csv;charset=utf-8,{quote(block.content, safe=_PLAIN)}"


def _digest(block: Download) -> str:
    return sha256(block.content.encode()).hexdigest()
