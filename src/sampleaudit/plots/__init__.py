"""Pictures of results: matplotlib is imported when the first one is drawn.

Each takes and returns an Axes. Own figures are made without pyplot, so nothing is left behind
there; a picture shows itself in a notebook, with a text alternative.
"""
