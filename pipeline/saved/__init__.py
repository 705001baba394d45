"""The mappings that an installation keeps: guessed from a file, listed, tried on their example files."""

from pipeline.guessing.presets import presets
from pipeline.saved.checking import Checked, check
from pipeline.saved.editing import edit
from pipeline.saved.history import Edition, history
from pipeline.saved.proposing import Proposal, drafted, from_preset, guess, propose, save, skeleton
from pipeline.saved.replacing import add, replace
from pipeline.saved.shelf import Kept, kept, load, tables, text_of

__all__ = [
    "Checked",
    "Edition",
    "Kept",
    "Proposal",
    "add",
    "check",
    "drafted",
    "edit",
    "from_preset",
    "guess",
    "history",
    "kept",
    "load",
    "presets",
    "propose",
    "replace",
    "save",
    "skeleton",
    "tables",
    "text_of",
]
