"""What people keep from day to day: their experience and their awareness.

The byte stored for each person: victim before (1 bit), alerts heard (7 bits, saturating).

The experience of people: one byte for each person.

The awareness of people, which fades and which education renews.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.country.calendar import days_of, positions
from sim.country.provinces import Spread
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import fixed
from sim.draws.functions import EXPONENT_BIAS, EXPONENT_SHIFT
from sim.midnight.timetable import Common
from sim.midnight.today import NATION, DayTotals
from sim.scenario.schema.measures import Activities, Videos
from sim.shield import engagement

VICTIM = 128
HEARD = 127
VICTIMS_OF_8 = np.uint64(0x0101010101010101 * VICTIM)
HALVES_OF_8 = np.uint64(0x0101010101010101 * (HEARD >> 1))
"""The victim bits of eight people in a word, and the bits of their halved counts."""

FARTHEST = 255
"""The largest distance that an entry of ``marked`` holds."""
BLOCK = 4096
"""Words of people in a block."""


@compiled
def hear(people: NDArray[np.uint8], numbers: NDArray[np.int64]) -> None:
    """Add one alert heard to each person of ``numbers``, once for each time that they occur."""
    for k in range(len(numbers)):
        byte = people[numbers[k]]
        if byte & HEARD < HEARD:
            people[numbers[k]] = byte + 1


@compiled
def fall_victim(people: NDArray[np.uint8], numbers: NDArray[np.int64]) -> None:
    """Mark each person of ``numbers`` as a victim before."""
    for k in range(len(numbers)):
        people[numbers[k]] = people[numbers[k]] | VICTIM


def forget(people: NDArray[np.uint8]) -> None:
    """Halve the alerts heard of everybody, rounding down."""
    # Eight people at a time: for a whole country only the speed of memory limits this.
    in_words = len(people) - len(people) % 8
    _halve(people[:in_words].view(np.uint64), VICTIMS_OF_8, HALVES_OF_8)
    _halve(people[in_words:], np.uint8(VICTIM), np.uint8(HEARD >> 1))


@compiled
def _halve(bytes_: NDArray[Any], victims: Any, halves: Any) -> None:
    """Halve the counts in bytes or words of bytes; bits that a shift moves into the next byte are masked out."""
    one = bytes_.dtype.type(1)  # numpy 1 shifts no word by an int
    for k in range(len(bytes_)):
        bytes_[k] = (bytes_[k] & victims) | ((bytes_[k] >> one) & halves)


def pieces(people: NDArray[np.uint8], count: int) -> list[NDArray[np.uint8]]:
    """Return ``count`` pieces of the bytes of people, each beginning at a word of eight bytes."""
    size = 8 * -(-len(people) // (8 * count))
    return [people[k * size : (k + 1) * size] for k in range(count)]


def marked(people: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the distances (n,) of people with bytes other than 0, and these bytes (n,), for one of the ``pieces``.

    A distance is from the person before, or from the first. If it exceeds ``FARTHEST``, there are entries of people in
    between whose bytes are 0.
    """
    in_words = people[: len(people) - len(people) % 8].view(np.uint64)
    room = 8 * np.count_nonzero(in_words) + len(people) // FARTHEST + 8
    gaps = np.empty(room, dtype=np.uint8)
    values = np.empty(room, dtype=np.uint8)
    count = _find(people, in_words, np.empty(BLOCK + 1, dtype=np.int64), gaps, values)
    return gaps[:count], values[:count]


@compiled
def _find(
    people: NDArray[np.uint8],
    words: NDArray[np.uint64],
    places: NDArray[np.int64],
    gaps: NDArray[np.uint8],
    values: NDArray[np.uint8],
) -> int:
    """Return the number of entries of ``marked``, and fill ``gaps`` and ``values`` with them.

    ``words`` are the bytes of ``people``, eight at a time, without the people after the last full eight; ``places`` has
    room for a block of words. ``gaps`` and ``values`` have more room than needed; the memory of the rest is never
    touched.
    """
    at = 0
    last = 0
    for first in range(0, len(words), BLOCK):
        # Without a branch, because the words other than 0 are unpredictable.
        some = 0
        for place in range(first, min(first + BLOCK, len(words))):
            places[some] = place
            some += words[place] != 0
        for k in range(some):
            word = words[places[k]]
            while word != 0:
                byte = _lowest(word)
                at = _enter(8 * places[k] + byte - last, np.uint8(word >> np.uint64(8 * byte)), gaps, values, at)
                last = 8 * places[k] + byte
                word &= ~(np.uint64(255) << np.uint64(8 * byte))
    for person in range(8 * len(words), len(people)):
        if people[person] != 0:
            at = _enter(person - last, people[person], gaps, values, at)
            last = person
    return at


@inlined
def _lowest(word: np.uint64) -> int:
    """Return the place of the lowest byte other than 0 of a word, from the exponent of its lowest bit as a float."""
    bit = np.float64(word & (~word + np.uint64(1)))
    return int((int(bit.view(np.int64)) >> EXPONENT_SHIFT) - EXPONENT_BIAS) >> 3


@inlined
def _enter(gap: int, value: np.uint8, gaps: NDArray[np.uint8], values: NDArray[np.uint8], at: int) -> int:
    """Store an entry, preceded by entries that bridge a long distance; return the place of the next."""
    while gap > FARTHEST:
        gaps[at] = FARTHEST
        values[at] = 0
        gap -= FARTHEST
        at += 1
    gaps[at] = gap
    values[at] = value
    return at + 1


@compiled
def mark(people: NDArray[np.uint8], gaps: NDArray[np.uint8], values: NDArray[np.uint8]) -> None:
    """Set the bytes found by ``marked``, where all were 0 before; entries beyond the last person are ignored."""
    place = 0
    for k in range(len(gaps)):
        place += int(gaps[k])  # numpy would keep the sum in a byte
        if place < len(people):
            people[place] = values[k]


class People:
    """The bytes of all people, ``all_bytes`` (people,), and of each province, ``bytes``, which are views of them.

    ``spread`` runs heavy work by province, perhaps in parallel.
    """

    name = "people"

    def __init__(self, common: Common, spread: Spread) -> None:
        self._feedback = common.spec.feedback
        people = common.provinces.people
        self.spread = spread
        self.all_bytes = np.zeros(int(people.sum()), dtype=np.uint8)
        self.bytes = np.split(self.all_bytes, np.cumsum(people)[:-1])

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Add yesterday's alerts heard and victims to people's bytes; on the first of a month halve alerts heard."""
        if not self._feedback:
            return
        first_of_month = calendar_date(day).day == 1

        def update(some: slice) -> None:
            for people, heard, victims in zip(
                self.bytes[some], yesterday.heard[some], yesterday.victims[some], strict=True
            ):
                if len(heard):
                    hear(people, np.asarray(heard, dtype=np.int64))
                if len(victims):
                    fall_victim(people, np.asarray(victims, dtype=np.int64))
                if first_of_month:
                    forget(people)

        self.spread(update, len(self.bytes))


class Awareness:
    """``levels`` (P, G) of awareness by province and segment; ``people`` (P, G) of the country in each.

    Where education treats groups of ages unlike, a segment has a part for each group, and both are (P, G x groups).
    """

    name = "awareness"

    def __init__(self, common: Common) -> None:
        self._common = common
        spec, codes = common.spec, common.provinces.codes
        segments = spec.population.occupation.segments
        settings = spec.engagement.awareness
        self.people = engagement.segment_people(spec)
        self.levels = np.full((len(codes), len(self.people[0])), settings.start)
        self._groups = len(self.people[0]) // len(segments)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Fade awareness, renew it by yesterday's education, and count today's."""
        common = self._common
        codes, share = common.provinces.codes, common.provinces.share
        gains = np.zeros_like(self.levels)
        if day > common.calendar.first:
            gains = common.timetable.gains[common.timetable.row(day - 1)]
        engagement.renew(self.levels, common.spec.engagement.awareness, gains)
        for videos in common.measures.on(day, Videos):
            for quantity, count in (("videos_published", videos.count), ("video_views", videos.views)):
                counted = common.remainders.whole(NATION, quantity, fixed(count / days_of(videos.window)))
                common.ledger.flow(day, NATION, quantity, counted)
        for activities in common.measures.on(day, Activities):
            places = positions(activities, codes)
            a_day = activities.count / days_of(activities.window)
            among = math.fsum(share[p] for p in places)
            values = [0] * len(codes)
            for p in places:
                values[p] = fixed(a_day * share[p] / among)
            counts = common.remainders.wholes("awareness_activities", values)
            common.ledger.flow_by_province(day, "awareness_activities", np.array(counts))

    def note(self, day: int) -> None:
        """Note the mean level of each province on a day."""
        means = [math.fsum(row) / len(row) for row in self.by_segment().tolist()]
        self._common.ledger.level_by_province(day, "awareness", np.array(means))

    def by_segment(self) -> NDArray[np.float64]:
        """Return the mean level of each segment over its people, (P, G)."""
        if self._groups == 1:
            return self.levels
        weights = np.array(self.people).reshape(len(self.people), -1, self._groups)
        weighted = self.levels.reshape(weights.shape) * weights
        sums, people = ([list(map(math.fsum, row)) for row in part.tolist()] for part in (weighted, weights))
        return np.asarray(np.array(sums) / np.array(people))

    def hold(self, values: NDArray[np.float64], changed: NDArray[np.bool_]) -> None:
        """Set the level of all people of the segments that are ``changed`` to ``values``, both (P, G)."""
        parts = changed.repeat(self._groups, axis=1)
        self.levels[parts] = values.repeat(self._groups, axis=1)[parts]
