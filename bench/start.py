"""How long `pipeline --help` takes, beside a bare interpreter.

python bench/start.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time


def seconds(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    bare, ours = [sys.executable, "-c", "pass"], [sys.executable, "-m", "pipeline", "--help"]
    for words in (bare, ours):
        seconds(words)  # the first one fills the caches
    pairs = [(seconds(bare), seconds(ours)) for _ in range(rounds)]
    ratio = statistics.median(b / a for a, b in pairs)
    least = [min(pair[i] for pair in pairs) * 1000 for i in (0, 1)]
    print(f"bare interpreter {least[0]:.0f} ms, pipeline --help {least[1]:.0f} ms (least of {rounds})")
    print(f"median ratio {ratio:.1f} (aim: under 12)")


if __name__ == "__main__":
    main()
