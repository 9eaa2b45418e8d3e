"""Bisection: the smallest whole numbers that are enough, for many keys at once, and together.

A trial gives every key a number and says for each whether that was enough. Whether a number is enough should depend on
the key's own number only, and more should never be worse. Where this holds only approximately, as between provinces of
one country, ``bisect`` finds candidates and ``settle`` adjusts them until they are enough in one trial of all. This
module knows nothing of staff: ``trials`` defines a trial.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Numbers = dict[int, int]
Trial = Callable[[dict[Key, int]], Mapping[Key, bool]]
"""Tries one number for each key and says for each whether it was enough; keys that are not given may be missing."""

ROUNDS = 40
"""Trials after which numbers that still change count as unsettled."""


@dataclass(frozen=True)
class Settled(Generic[Key]):
    """Numbers that were tried together; those of ``unsettled`` keys were not enough at the end of the search."""

    numbers: dict[Key, int]
    unsettled: frozenset[Key]


def bisect(trial: Trial[Key], first: Mapping[Key, int], most: Mapping[Key, int]) -> dict[Key, int]:
    """Find for each key a number that was enough in some trial while one less was not in another.

    All keys are tried at once, one trial for each step. Steps are in the logarithm of the number while its bounds are
    far apart. Where the result is not monotone in the number, the answer is one of several at which it changes.
    ``most`` is known to be enough and not tried.

    Returns:
        A number for each key, from 0 to ``most``.
    """
    low = dict.fromkeys(most, -1)
    high = dict(most)
    while True:
        wide = [key for key in high if high[key] - low[key] > 1]
        if not wide:
            return high
        numbers = dict(high)
        for key in wide:
            untried = low[key] == -1 and high[key] == most[key]
            middle = first[key] if untried else _middle(low[key], high[key])
            numbers[key] = min(max(middle, low[key] + 1), high[key] - 1)
        enough = trial(numbers)
        for key in wide:
            (high if enough[key] else low)[key] = numbers[key]


def _middle(low: int, high: int) -> int:
    """Return the geometric mean of bounds that are far apart, otherwise the arithmetic mean."""
    return isqrt(max(low, 1) * high) if high > 2 * max(low, 1) else (low + high) // 2


def settle(trial: Trial[Key], candidates: Mapping[Key, int], rounds: int = ROUNDS) -> Settled[Key]:
    """Adjust numbers until all are enough in one trial, and none that may be lowered is enough with one less.

    A number that is not enough is raised by one and never lowered again, so the search ends; one that is still enough
    with one less is lowered by one. At most ``rounds`` trials are made.

    Returns:
        The numbers, with the keys that were not enough after the last trial.
    """
    numbers = dict(candidates)
    raised: set[Key] = set()
    short: set[Key] = set()
    while True:
        enough = trial(numbers)
        rounds -= 1
        short = {key for key in numbers if not enough[key]}
        if short and rounds > 0:
            raised |= short
            numbers = {key: number + (key in short) for key, number in numbers.items()}
            continue
        if short or rounds <= 0:
            return Settled(numbers, frozenset(short))
        enough = trial(one_less(numbers))
        rounds -= 1
        spare = {key for key, number in numbers.items() if number > 0 and key not in raised and enough[key]}
        if not spare:
            return Settled(numbers, frozenset())
        numbers = {key: number - (key in spare) for key, number in numbers.items()}


def one_less(numbers: Mapping[Key, int]) -> dict[Key, int]:
    """Return every number minus one, at least 0."""
    return {key: max(number - 1, 0) for key, number in numbers.items()}
