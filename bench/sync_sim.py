"""Random play of synchronisation: `python bench/sync_sim.py --seeds 5000 [--postgres URL] [--first N]`.

Prints what happened, or the seed that failed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.sync.sim import campaign
from tests.sync.world import open_store


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--seeds", type=int, default=5000)
    words.add_argument("--first", type=int, default=0)
    words.add_argument("--steps", type=int, default=60)
    words.add_argument("--postgres", help="an empty database for the head office")
    given = words.parse_args()
    hub = open_store(given.postgres) if given.postgres else None
    began = time.perf_counter()
    for first in range(given.first, given.first + given.seeds, 50):
        found = campaign(first, min(50, given.first + given.seeds - first), hub, steps=given.steps)
        print(f"{first + 50:6d} {time.perf_counter() - began:7.0f} s {dict(found)}", flush=True)


if __name__ == "__main__":
    main()
