"""How the cells of a review workbook look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types
    from xlsxwriter.format import Format  # type: ignore[import-untyped]  # it has no types

_FORMULA_LIKE: Final = ("=", "+", "-", "@", "\t", "\r")
_BORDER: Final = {"border": 1, "border_color": "#A6A6A6", "valign": "top"}
_ENTRY: Final = {**_BORDER, "locked": False, "bg_color": "#FFF9DB"}
_DAY: Final = {"num_format": "dd-mm-yyyy", "align": "left"}


class Styles:
    """The formats of one workbook. Grey cells are in italics too, so colour is not alone."""

    def __init__(self, book: Workbook) -> None:
        def make(**properties: Any) -> Format:
            return book.add_format(properties)

        self.title = make(bold=True, font_size=12)
        self.progress = make(bold=True)
        self.head = make(**_BORDER, bold=True, text_wrap=True, bg_color="#DCE6F1")
        self.count = make(**_BORDER, align="center")
        self.done = make(bg_color="#D8EAD3", bold=True)
        self.grey = make(bg_color="#D0D0D0", font_color="#595959", italic=True)
        self.not_applicable = make(**_BORDER, bg_color="#D0D0D0", font_color="#595959", italic=True)
        self.fixed_date = make(**_BORDER, **_DAY)
        self.wrapped = make(text_wrap=True, valign="top")
        self.label = make(bold=True, valign="top", text_wrap=True)
        self._shown = make(**_BORDER)
        self._quoted = make(**_BORDER, quote_prefix=True)
        self._entry = make(**_ENTRY)
        self._entry_day = make(**_ENTRY, **_DAY)
        self._entry_text = make(**_ENTRY, text_wrap=True)

    def shown(self, text: str) -> Format:
        """Return the format of a text of the register; one like a formula stays text if edited."""
        return self._quoted if text.startswith(_FORMULA_LIKE) else self._shown

    def entry(self, kind: str) -> Format:
        """Return the format of a cell to fill in."""
        if kind == "date":
            return self._entry_day
        return self._entry_text if kind in ("evidence", "comment") else self._entry
