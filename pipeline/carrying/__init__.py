"""Files on their way: from a remote folder into the hidden one here, and from there to another machine."""

from pipeline.carrying.fetching import Fetched, Fetcher
from pipeline.carrying.places import Stopped
from pipeline.carrying.sending import send

__all__ = ["Fetched", "Fetcher", "Stopped", "send"]
