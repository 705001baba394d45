"""The mappings that an installation keeps: guessed from a file, listed, tried on their example files."""

from pipeline.saved.proposing import Proposal, propose, save
from pipeline.saved.shelf import Kept, kept, load, text_of

__all__ = ["Kept", "Proposal", "kept", "load", "propose", "save", "text_of"]
