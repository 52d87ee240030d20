"""From findings to statements about the whole caseload: the audit engine and its results."""
