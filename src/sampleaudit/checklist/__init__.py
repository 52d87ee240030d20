"""Checklists: what reviewers are asked about each case, and how their answers become outcomes."""
