"""Shapley values: what each player of a game adds alone, last, and on average over all orders of joining.

A game gives each coalition, a set of players as the bits of an integer, its worth. The values add up to the worth of
all players (Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953). This module knows
nothing of layers: ``attribute`` defines the players.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate
from math import factorial
from operator import or_

Worth = Callable[[int], float]
"""The worth of a coalition."""

Order = tuple[int, ...]
"""An order in which players join, by number."""


def exact(players: int, worth: Worth) -> list[float]:
    """Return each player's Shapley value, from the worth of every coalition."""
    weights = [factorial(size) * factorial(players - size - 1) / factorial(players) for size in range(players)]
    values = [0.0] * players
    for coalition in range(1 << players):
        size = coalition.bit_count()
        for player in range(players):
            if not coalition >> player & 1:
                values[player] += weights[size] * (worth(coalition | 1 << player) - worth(coalition))
    return values


def along(order: Order, worth: Worth) -> list[float]:
    """Return what each player adds when they join in an order; the mean over all orders is the Shapley value."""
    values = [0.0] * len(order)
    before = 0
    for player in order:
        after = before | 1 << player
        values[player] = worth(after) - worth(before)
        before = after
    return values


def prefixes(order: Order) -> Iterator[int]:
    """Return the coalitions that an order passes through, from the empty one to all players."""
    return accumulate((1 << player for player in order), or_, initial=0)


def alone(players: int, worth: Worth) -> list[float]:
    """Return what each player adds to the empty coalition."""
    return [worth(1 << player) - worth(0) for player in range(players)]


def last(players: int, worth: Worth) -> list[float]:
    """Return what each player adds to all others."""
    everybody = (1 << players) - 1
    return [worth(everybody) - worth(everybody ^ 1 << player) for player in range(players)]


def overlap(players: int, worth: Worth, one: int, two: int) -> float:
    """Return by how much more one player adds to all others once another is gone; it is symmetric.

    Above 0 each does part of what the other would do; below 0 each needs the other. The unit is that of the worth.
    """
    everybody = (1 << players) - 1
    first, second = 1 << one, 1 << two
    beside_second = worth(everybody) - worth(everybody ^ first)
    without_second = worth(everybody ^ second) - worth(everybody ^ first ^ second)
    return without_second - beside_second
