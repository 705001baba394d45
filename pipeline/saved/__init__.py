"""The mappings that an installation keeps: guessed from a file, listed, tried on their example files."""

from pipeline.saved.checking import Checked, check
from pipeline.saved.editing import edit
from pipeline.saved.history import Edition, history
from pipeline.saved.proposing import Proposal, guess, propose, save, skeleton
from pipeline.saved.shelf import Kept, kept, load, tables, text_of

__all__ = [
    "Checked",
    "Edition",
    "Kept",
    "Proposal",
    "check",
    "edit",
    "guess",
    "history",
    "kept",
    "load",
    "propose",
    "save",
    "skeleton",
    "tables",
    "text_of",
]
