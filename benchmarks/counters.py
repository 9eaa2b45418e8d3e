"""Test the random number generator on the counters that the engines use, arranged as sequences of neighbours.

A draw is identified by an identity (who draws), a purpose (what for), a number (which draw of that purpose) and the
seed. Along one *axis* only one of these counts up, as it does in a run. So an axis is a set of rows, each a sequence of
neighbouring counters of the generator. ``python -m benchmarks.counters`` tests each axis as ``tocsin verify`` tests
the draws of a run, and judges all p-values together by Holm's method.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.draws import purposes
from sim.draws.identity import (
    DAY_SHIFT,
    DETECTOR_SHIFT,
    INDEX_SHIFT,
    PROVINCE_SHIFT,
    attempt_id,
    person_id,
    slot_day_id,
)
from sim.draws.philox import draw4_many
from sim.verify.statistics import holm
from sim.verify.streams import Words, judged
from sim.verify.verification import RATE, SEED

DRAWS = 1 << 18
"""Approximate number of draws on each axis."""

FIRST_DAY = 8000
"""A day of the flagship, in November 2021."""
TYPES, PROSPECTS = 8, 4
"""Fraud types and prospects of attempts, which make up cells."""
PROVINCES, CHANNELS = 32, 3


@dataclass(frozen=True)
class Axis:
    """An axis: its name, its topic, and the function that returns its words for a seed and a number of draws."""

    name: str
    about: str
    words: Callable[[int, int], Words]


def many(seed: int, identities: NDArray[np.int64], purpose: int, number: int = 0) -> Words:
    """Return the lanes of draws of one purpose and number: the shape of the identities, times 4."""
    flat = np.ascontiguousarray(identities, dtype=np.int64).ravel()
    lanes = np.empty((4, len(flat)), dtype=np.uint32)
    draw4_many(seed, flat, len(flat), purpose, number, lanes)
    return np.ascontiguousarray(lanes.T).reshape(*identities.shape, 4)


def _cells(count: int) -> NDArray[np.int64]:
    """Return the first attempts of cells of a day, at most 3,072: prospects, types, channels, provinces."""
    return np.array(
        [
            attempt_id(FIRST_DAY, province, channel, kind, prospect, 0)
            for province, channel, kind, prospect in itertools.islice(
                itertools.product(range(PROVINCES), range(CHANNELS), range(TYPES), range(PROSPECTS)), count
            )
        ],
        dtype=np.int64,
    )


def _by_index(seed: int, draws: int) -> Words:
    along = 4096
    identities = _cells(draws // along)[:, None] + (np.arange(along) << INDEX_SHIFT)
    return many(seed, identities, purposes.ATTEMPT_MEETING)


def _by_stage(seed: int, draws: int) -> Words:
    steps = np.array([detector << DETECTOR_SHIFT | stage for detector in (0, 1) for stage in range(12)])
    return many(seed, _origins(draws // len(steps))[:, None] + steps, purposes.ALERT_CHAIN)


def _by_day(seed: int, draws: int) -> Words:
    along = 1024
    first = _cells(draws // along) - (np.int64(FIRST_DAY - 7000) << DAY_SHIFT)
    return many(seed, first[:, None] + (np.arange(along) << DAY_SHIFT), purposes.ATTEMPT_STOPS)


def _by_province(seed: int, draws: int) -> Words:
    base = _origins(draws // PROVINCES)
    return many(seed, base[:, None] + (np.arange(PROVINCES) << PROVINCE_SHIFT), purposes.ATTEMPT_COUNT)


def _by_channel_and_type(seed: int, draws: int) -> Words:
    steps = np.array([attempt_id(0, 0, channel, kind, 0, 0) for channel in range(CHANNELS) for kind in range(TYPES)])
    return many(seed, _origins(draws // len(steps))[:, None] + steps, purposes.ATTEMPT_STOPS, 1)


def _by_person(seed: int, draws: int) -> Words:
    along = 4096
    people = np.array([person_id(p % PROVINCES, p // PROVINCES * along) for p in range(draws // along)])
    return many(seed, people[:, None] + np.arange(along), purposes.PERSON_HOME)


def _by_den(seed: int, draws: int) -> Words:
    along = 1024
    slots = np.array([slot_day_id(slot, FIRST_DAY) for slot in range(draws // along)])
    return many(seed, slots[:, None] + np.arange(along), purposes.SLOT_RAID)


def _by_purpose(seed: int, draws: int) -> Words:
    rows = [purpose.number for purpose in purposes.REGISTRY]
    identities = _origins(draws // len(rows))
    return np.stack([many(seed, identities, purpose) for purpose in rows], axis=1)


def _by_number(seed: int, draws: int) -> Words:
    numbers = range(2 * purposes.TRIES_A_CHANNEL, 4 * purposes.TRIES_A_CHANNEL)
    identities = _origins(draws // len(numbers))
    return np.stack([many(seed, identities, purposes.CONTACT_TRY, number) for number in numbers], axis=1)


def _by_seed(seed: int, draws: int) -> Words:
    along = 1024
    identities = _origins(draws // along)
    return np.stack([many(seed + k, identities, purposes.ATTEMPT_MEETING) for k in range(along)], axis=1)


def _origins(count: int) -> NDArray[np.int64]:
    """Return calls of one type in one province on consecutive days, 1,024 a day."""
    first = attempt_id(FIRST_DAY, 0, 0, 0, 0, 0)
    k = np.arange(count, dtype=np.int64)
    return first + (k // 1024 << DAY_SHIFT) + (k % 1024 << INDEX_SHIFT)


AXES = (
    Axis("index", "consecutive attempts of a cell", _by_index),
    Axis("detector and stage", "alerts about one attempt", _by_stage),
    Axis("day", "cells of one province on consecutive days", _by_day),
    Axis("province", "cells of one day in consecutive provinces", _by_province),
    Axis("channel and type", "cells of one province and day", _by_channel_and_type),
    Axis("person", "consecutive people of a province", _by_person),
    Axis("den and day", "a den on consecutive nights", _by_den),
    Axis("purpose", "all purposes of the registry, for one identity", _by_purpose),
    Axis("number", "tries of one alert", _by_number),
    Axis("seed", "consecutive seeds, for one identity", _by_seed),
)


def p_values(words: Words) -> dict[str, float]:
    """Return the p-value of each test of words (rows, along, 4), the lanes of draws, neighbours along axis 1."""
    return {name: one.p for name, _, one in judged(np.ascontiguousarray(words))}


def by_axis(seed: int, draws: int) -> Iterator[tuple[str, str, float]]:
    """Yield the p-value of each axis and test."""
    for axis in AXES:
        for name, p in p_values(axis.words(seed, draws)).items():
            yield axis.name, name, p


def main(arguments: Sequence[str]) -> int:
    """Print the p-values of all axes; return 1 if any is refused."""
    parser = argparse.ArgumentParser(prog="benchmarks.counters", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help=f"the seed of the run ({SEED})")
    parser.add_argument("--draws", type=int, default=DRAWS, help=f"draws on each axis ({DRAWS})")
    given = parser.parse_args(arguments)
    found = list(by_axis(given.seed, given.draws))
    adjusted = holm([p for _, _, p in found])
    for (axis, test, p), own in zip(found, adjusted, strict=True):
        print(f"{'ok' if own >= RATE else 'REFUSED':8}{axis:20}{test:18}{p:.2g}")
    print(f"the smallest of {len(found)} p-values is {min(adjusted):.2g} by Holm's method")
    return int(min(adjusted) < RATE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
