"""The command line: one short function per command, nothing heavy imported before a command needs it."""

from pipeline.cli.main import main

__all__ = ["main"]
