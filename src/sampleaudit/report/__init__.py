"""The report: one file that a reader can open, print, check and copy from."""
