"""The evidence on intervals: how often they hold, how wide they are, how long they take.

``python -m benchmarks.coverage`` (or ``make coverage``) computes it all and writes
docs/coverage.md; ``--only NAME`` does one part. Small designs are gone through in full, every
caseload and every sample; larger ones are simulated with fixed seeds. What was computed is kept in
build/coverage until the code it came from changes, so a run that was stopped goes on from there.
"""
