"""The review: workbooks out and in, double review, replacement of cases, the archive."""
