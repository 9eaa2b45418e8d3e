"""A province's attempts of a day: cell by cell, in blocks that pass the gates and the detectors together."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.people import target
from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import half_hour_of, moment_in_half_hour
from sim.draws.identity import INDEX_SHIFT, origin_id
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import ATTEMPT_TARGET
from sim.draws.record import is_kept
from sim.engines.phases import Phase
from sim.engines.vector.bits import DEAD, RAIDED, STOP_SHIFT, UNSENT
from sim.engines.vector.cells import AttemptTables, Cell, cell_of
from sim.engines.vector.gates import Dens, answer, engage, most_by_band, pass_filters, pass_sites, reach
from sim.engines.vector.log import log_event
from sim.engines.vector.records import Integers, Record, Records
from sim.engines.vector.residents import Crowd, Residents
from sim.engines.vector.scores import score_attempts
from sim.engines.vector.scratch import AttemptScratch
from sim.midnight.today import Today
from sim.words import Channel, Event, Fate, OriginKind, Stage

BLOCK: Final = 2048
"""Attempts that are settled together: the draws of one stage fit the first-level cache."""
CHANNEL_COUNT: Final = len(Channel)


class AttemptDay(NamedTuple):
    """What a day fixes for the attempts of a province, beside ``Today``.

    ``slots`` (T, S) thresholds by which an attempt picks its den slot; ``raided_guide`` (T, 2**14); ``most_engaged``
    (T, bands, 2, 8) the largest thresholds of gate 7 by sex and frailty; ``people_bytes`` one for each person.
    """

    slots: NDArray[np.int64]
    raided_guide: NDArray[np.uint8]
    most_engaged: NDArray[np.int64]
    people_bytes: NDArray[np.uint8]


class Output(NamedTuple):
    """Where attempts leave what becomes of them.

    ``fates`` (3, T, fates) counts; ``found`` the engaged ones and those that a detector raises an alert on; ``log``;
    ``counters`` of the province.
    """

    fates: Integers
    found: Records
    log: Records
    counters: Records


class Block(NamedTuple):
    """A block of attempts: identity of the first, their number, how many passed gates 1 to 4 and how many remain."""

    start: int
    size: int
    passed: int
    remaining: int


@compiled
def pass_gates(
    p: int,
    tables: AttemptTables,
    today: Today,
    day: AttemptDay,
    residents: Residents,
    output: Output,
    scratch: AttemptScratch,
) -> bool:
    """Let the attempts of a province pass the gates, from where an earlier call has stopped.

    Args:
        p: Position of the province.
        tables: Of the run.
        today: Of the day.
        day: Of the day and province.
        residents: Of the province.
        output: Added to.
        scratch: For blocks of the size of its arrays.

    Returns:
        Whether all attempts have passed; otherwise an array is full and must grow first.
    """
    rules, guides = tables.rules, tables.guides
    fates, found, log, counters = output.fates, output.found, output.log, output.counters[0]
    types = fates.shape[1]
    block = scratch.logged_fate.shape[0]
    logging = rules.kept > 0
    at = counters.cell
    while at < CHANNEL_COUNT * types:
        c = at // types
        t = at % types
        counted = fates[c, t]
        count = today.attempts[p, c, t]
        base = origin_id(OriginKind.ATTEMPT, today.day, p, c, t, 0)
        cell = cell_of(p, c, t, tables, today)
        dens = Dens(day.slots[t], today.raided, day.raided_guide[t])
        most_by_band(day.most_engaged[t], scratch.engages.most_by_band)
        first = counters.index
        while first < count:
            if counters.found + block > found.shape[0] or (logging and counters.log + block > log.shape[0]):
                counters.cell = at
                counters.index = first
                return False
            size = min(block, count - first)
            start = base + (first << INDEX_SHIFT)
            passed = pass_filters(cell, today.gates, start, size, rules.seed, dens, counted, scratch.filters)
            remaining = pass_sites(
                cell, today.gates, scratch.filters.passed, passed, rules.seed, counted, scratch.sites
            )
            asked = reach(
                cell, remaining, rules.seed, tables.moments[c], guides, counted, scratch.sites, scratch.reached
            )
            maybe = answer(cell, asked, rules.seed, residents, tables.answered[c], counted, scratch)
            engage(
                maybe, rules.seed, residents, day.people_bytes, today.engaged[p, t], day.most_engaged[t], counted,
                scratch,
            )  # fmt: skip
            score_attempts(cell, remaining, tables, residents.crowd, found, counters, scratch)
            if logging:
                settled = Block(start, size, passed, remaining)
                log_block(cell, settled, tables, residents.crowd, log, counters, scratch)
            first += size
        counters.index = 0
        at += 1
    counters.cell = 0
    return True


@compiled
def log_block(
    cell: Cell,
    block: Block,
    tables: AttemptTables,
    crowd: Crowd,
    log: Records,
    counters: Record,
    scratch: AttemptScratch,
) -> None:
    """Log the attempts of a block whose origins are kept.

    Args:
        cell: Of the attempts.
        block: Of the attempts.
        tables: Of the run.
        crowd: Of the province.
        log: Added to; there is room for a row an attempt.
        counters: Of the province.
        scratch: As the gates left it; ``logged_fate`` is filled.
    """
    rules, profile, start = tables.rules, tables.moments[cell.channel], block.start
    filters, sites, reached, fates = scratch.filters, scratch.sites, scratch.reached, scratch.logged_fate
    for k in range(block.size):
        stop = filters.stops[k]
        fates[k] = (
            Fate.NOT_SENT if stop & UNSENT
            else Fate.DEN_DESTROYED if stop & RAIDED
            else Fate.CARD_ELIMINATED if stop & DEAD
            else Fate.INTERCEPTED
        )  # fmt: skip
    for k in range(block.passed):
        stopped = sites.prospects[k] >> STOP_SHIFT
        place = (filters.passed[k] - start) >> INDEX_SHIFT
        fates[place] = Fate.UNANSWERED
        if stopped > 0:
            fates[place] = stopped
    for k in range(block.remaining):
        fates[(sites.remaining[k] - start) >> INDEX_SHIFT] = reached.fate[k]
    for k in range(block.size):
        attempt = start + (k << INDEX_SHIFT)
        if not is_kept(rules.seed, attempt, rules.kept):
            continue
        above, below, u_moment, _ = draw4(rules.seed, attempt, ATTEMPT_TARGET, 0)
        goal = uniform32(u_moment) * profile[HALF_HOURS]
        moment = cell.midnight + moment_in_half_hour(goal, half_hour_of(goal, profile), profile, rules.clock)
        person = -1
        if fates[k] >= Fate.UNANSWERED:
            person = target(uniform52(above, below), crowd.persons, crowd.high, crowd.high_share)
        entry = log[log_event(Event.ATTEMPT, moment, Phase.ARRIVALS, cell.province, attempt, log, counters)]
        entry.stage = Stage.CONTACT
        entry.channel = cell.channel
        entry.result = fates[k]
        entry.person = person
