"""`config.toml` → frozen jobs: every mistake in one go, with its line and the nearest right word."""

from pipeline.config.editing import mark, remove_section, save_section, section
from pipeline.config.following import Follower
from pipeline.config.loading import load, load_mapping, mapping_names, mapping_text
from pipeline.config.secret import secrets_of
from pipeline.config.switch import Switch, read_active, set_active

__all__ = [
    "Follower",
    "Switch",
    "load",
    "load_mapping",
    "mapping_names",
    "mapping_text",
    "mark",
    "read_active",
    "remove_section",
    "save_section",
    "secrets_of",
    "section",
    "set_active",
]
