"""Guessing which column of a file is which column of a table. Pure: header and a sample of the values in.

A guess is a proposal to a person; no unattended run ever uses one.
"""

from pipeline.guessing.deciding import Guess, Guessed, Seen, guess

__all__ = ["Guess", "Guessed", "Seen", "guess"]
