"""Several tables from one file: staged a section at a time, written parents first in the one transaction."""
