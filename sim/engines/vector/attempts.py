"""A province's attempts of a day: counted cell by cell; those that may have an effect are followed in blocks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel, Fate
from sim.draws.compiled import compiled
from sim.draws.identity import INDEX_SHIFT, attempt_id
from sim.engines.vector.cells import AttemptTables, cell_of, settle
from sim.engines.vector.gates import Meeting, engage, meet
from sim.engines.vector.residents import Residents
from sim.engines.vector.scores import Look, Output, look, score_met, write_down
from sim.engines.vector.scratch import AttemptScratch
from sim.midnight.today import Today
from sim.warning.bands import ENGAGING, PROSPECTS, band_and_fate

BLOCK: Final = 2048
"""Attempts of a block: the draws of one stage fit the first-level cache."""
CHANNEL_COUNT: Final = len(Channel)


@compiled
def follow_attempts(
    p: int,
    tables: AttemptTables,
    today: Today,
    people_bytes: NDArray[np.uint8],
    residents: Residents,
    output: Output,
    scratch: AttemptScratch,
) -> bool:
    """Return whether all attempts of province ``p`` have passed the gates; follow those that may have an effect.

    If not, an array is full and must grow first; the next call resumes. ``scratch`` is for blocks of the size of its
    arrays.
    """
    rules = tables.rules
    fates, found, log, counters = output.fates, output.found, output.log, output.counters[0]
    types = fates.shape[1]
    named = scratch.named
    block = scratch.meetings.fate.shape[0]
    logging = rules.kept > 0
    for at in range(counters.cell // PROSPECTS, CHANNEL_COUNT * types):
        c = at // types
        t = at % types
        count = today.attempts[p, c, t]
        if count == 0:
            counters.cell = (at + 1) * PROSPECTS
            continue
        counted = fates[c, t]
        cell = cell_of(p, c, t, rules, today)
        # When a call resumes, the scratch arrays of the call before hold the counts of the cell.
        if counters.cell % PROSPECTS == 0 and counters.index == 0:
            settle(cell, count, tables, today, counted, named)
        for prospect in range(counters.cell % PROSPECTS, PROSPECTS):
            counters.cell = at * PROSPECTS + prospect
            while counters.index < named[prospect]:
                if counters.found + block > found.shape[0] or (logging and counters.log + block > log.shape[0]):
                    return False
                size = min(block, named[prospect] - counters.index)
                start = attempt_id(today.day, p, c, t, prospect, 0) + (counters.index << INDEX_SHIFT)
                if prospect == ENGAGING:
                    for k in range(size):
                        scratch.meetings.attempt[k] = start + (k << INDEX_SHIFT)
                    meet(cell, size, tables, Meeting(True, residents, today.moments[1, p, c]), scratch.meetings)
                    engage(cell, size, tables, today.unaware[p], residents, people_bytes, counted, scratch.meetings)
                    score_met(cell, size, tables, output, scratch.meetings)
                else:
                    band, fate = band_and_fate(prospect)
                    answers = fate != Fate.UNANSWERED
                    alarms = look(Look(cell, band, fate), start, size, tables, scratch)
                    meeting = Meeting(answers, residents, today.moments[answers * 1, p, c])
                    meet(cell, alarms, tables, meeting, scratch.meetings)
                    write_down(cell, fate, alarms, rules, output, scratch)
                counters.index += size
            counters.index = 0
        counters.cell = (at + 1) * PROSPECTS
    counters.cell = 0
    return True
