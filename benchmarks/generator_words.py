"""Write the words of the generator as a stream of bytes, for any battery of tests that reads standard input.

``python -m benchmarks.generator_words | dieharder -a -g 200`` runs until nobody reads any more. The stream is not one
counter that counts up: it has the words of 256 neighbouring attempts of a cell, then those of the same attempts for the
next purpose, then the next province, type and day, as a run needs them.
"""

import argparse
import itertools
import os
import sys
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.counters import CHANNELS, FIRST_DAY, PROVINCES, TYPES
from sim.draws import purposes
from sim.draws.identity import INDEX_SHIFT, attempt_id
from sim.draws.philox import draw4_run

NEIGHBOURS = 256
"""Attempts of a cell whose words follow each other."""
DAYS = 4096


def blocks(seed: int) -> Iterator[bytes]:
    """Yield the words of 256 attempts at a time, each four words in the order of its lanes, for all purposes in turn.

    Args:
        seed: Of the run.

    Yields:
        4 KiB, little-endian words of 32 bits; more than any battery asks for.
    """
    lanes = np.empty((4, NEIGHBOURS), dtype=np.uint32)
    numbers = [purpose.number for purpose in purposes.REGISTRY]
    for first in itertools.count(0, NEIGHBOURS):
        for day, province, channel, kind in itertools.product(
            range(FIRST_DAY, FIRST_DAY + DAYS), range(PROVINCES), range(CHANNELS), range(TYPES)
        ):
            start = attempt_id(day, province, channel, kind, 0, first)
            for purpose in numbers:
                draw4_run(seed, start, 1 << INDEX_SHIFT, NEIGHBOURS, purpose, lanes)
                yield lanes.T.astype("<u4").tobytes()


def main(arguments: Sequence[str]) -> None:
    """Write words to standard output until nobody reads them."""
    parser = argparse.ArgumentParser(prog="benchmarks.generator_words", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the seed of the run (1)")
    given = parser.parse_args(arguments)
    try:
        for block in blocks(given.seed):
            sys.stdout.buffer.write(block)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main(sys.argv[1:])
