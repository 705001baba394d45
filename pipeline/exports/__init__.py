"""Exports: what a mapping says of the tables, written to a folder, whole and once."""
