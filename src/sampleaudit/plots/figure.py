"""A figure of the right size for a picture, which shows itself in a notebook."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sampleaudit.plots.canvas import alternative, figure_of
from sampleaudit.plots.saving import png_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def new_axes(
    width: float, height: float, *, left: float, right: float, top: float, bottom: float
) -> Axes:
    """Return an Axes on a figure of its own, sizes and margins in inches; pyplot is not used."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    place = (
        left / width, bottom / height, (width - left - right) / width,
        (height - top - bottom) / height,
    )  # fmt: skip
    return figure.add_axes(_picture_axes()(figure, place))


@cache
def _picture_axes() -> type[Axes]:
    """Return the kind of Axes that shows itself in a notebook; made here as matplotlib is heavy."""
    from matplotlib.axes import Axes

    class Picture(Axes):
        """An Axes on a figure of its own that a notebook shows where it is the cell's result."""

        def _repr_mimebundle_(
            self,
            include: Any = None,  # noqa: ARG002 -- IPython gives it
            exclude: Any = None,  # noqa: ARG002 -- the same
        ) -> tuple[dict[str, Any], dict[str, Any]]:
            """Return the picture as PNG with its text alternative (IPython's protocol)."""
            width, height = figure_of(self).get_size_inches()
            data = {"image/png": png_bytes(self), "text/plain": alternative(self) or repr(self)}
            shown = {
                "width": round(96 * width), "height": round(96 * height), "alt": alternative(self),
            }  # fmt: skip
            return data, {"image/png": shown}

    return Picture
