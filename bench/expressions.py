"""100,000 random expression texts: how many are refused, how many computed, the slowest, and the memory at its height.

nice -n 19 python bench/expressions.py [COUNT] [SEED]
"""

from __future__ import annotations

import collections
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.mapping.fuzzing import texts, tried


def peak() -> int:
    """MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    given = [int(a) for a in sys.argv[1:]]
    count, seed = given[0] if given else 100_000, given[1] if len(given) > 1 else 1
    tried('"A" + 1')
    before, started = peak(), time.process_time()
    became: collections.Counter[str] = collections.Counter()
    slowest: list[tuple[float, float, str]] = []
    for text in texts(count, seed):
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            became[tried(text)] += 1
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            became["CRASHED"] += 1
            print(f"CRASHED {type(error).__name__}: {text!a}", flush=True)
        slowest.append((time.process_time() - cpu, time.perf_counter() - wall, text[:70]))
        slowest = sorted(slowest, reverse=True)[:5]
        if sum(became.values()) % 10_000 == 0:
            print(dict(became), f"{peak()} MB, slowest {slowest[0][0] * 1000:.0f} ms CPU", flush=True)
    print(f"{count} texts, seed {seed}: {dict(became)}, {time.process_time() - started:.0f} s CPU")
    print(f"memory: {before} MB before, {peak()} MB at its height")
    for cpu, wall, text in slowest:
        print(f"  {cpu * 1000:.0f} ms CPU, {wall * 1000:.0f} ms: {text!r}")


if __name__ == "__main__":
    main()
