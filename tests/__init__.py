"""What the tests compile is kept, whatever this shell says: a session is hundreds of processes of the same modules."""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
