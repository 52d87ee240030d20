"""Planning: how many files must be read, and from which strata, for what the audit must show."""
