"""Comparisons: municipalities, periods, what chance alone would do, and what can be said."""
