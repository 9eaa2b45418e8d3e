"""Cases on their way from the victim to the police, counted when the day of their report or filing ends."""

from sim.aftermath.reports import loss_bin, order_delay, recovered
from sim.base.days import DAY_MS
from sim.base.words import Event, Outcome
from sim.draws.compiled import internal, part_of_caller
from sim.engines.phases import Phase
from sim.engines.vector.counts import added
from sim.engines.vector.inputs import ProvinceDay, RunTables
from sim.engines.vector.log import is_logged, log_event
from sim.engines.vector.records import Record
from sim.engines.vector.state import Arrays, Tallies
from sim.episode.stages import paid_before


@part_of_caller
def got_back(case: Record, run: RunTables, day: ProvinceDay) -> int:
    """Return the cents that a stop-payment order recovers for a case on the day of its report."""
    growth = float(run.episodes.growth[case.kind])
    seed, clock = run.rules.seed, run.rules.clock
    ordered = case.reported + order_delay(seed, case.attempt, run.reports, clock)
    back = 0
    before = 0
    for payment in range(case.paid):
        after = paid_before(case.total, payment + 1, case.scheduled, growth)
        made = seed, case.attempt, payment, after - before
        back += recovered(made, ordered - case.payments[payment], day.reach, day.searches, run.reports, clock)
        before = after
    return back


@internal
def go_to_police(run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> None:
    """Count the reports and filings of a day at its end; there is room for all."""
    rules, counters = run.rules, arrays.counters[0]
    end = day.midnight + DAY_MS
    kept = 0
    for k in range(counters.cases):
        case = arrays.cases[k]
        measures = tallies.outcomes[case.kind, case.band, case.sex]
        logged = is_logged(case.attempt, rules)
        if day.midnight <= case.reported < end:
            back = got_back(case, run, day)
            measures[Outcome.RECOVERED_CENTS] = added(measures[Outcome.RECOVERED_CENTS], back)
            if logged:
                row = log_event(
                    Event.REPORT, case.reported, Phase.REPORTS, day.province, case.attempt, arrays.log, counters
                )
                arrays.log[row].stage = 0
                arrays.log[row].value = back
        if case.filed < end:
            measures[Outcome.FILED] += 1
            measures[Outcome.FILED_LOSS_CENTS] = added(measures[Outcome.FILED_LOSS_CENTS], case.loss)
            tallies.cases[case.kind, case.delay_bin, loss_bin(case.loss)] += 1
            counters.filed_cases += 1
            filed = arrays.filed[counters.filed]
            filed.moment = case.filed
            filed.attempt = case.attempt
            counters.filed += 1
            if logged:
                row = log_event(
                    Event.FILING, case.filed, Phase.REPORTS, day.province, case.attempt, arrays.log, counters
                )
                arrays.log[row].stage = 0
        else:
            arrays.cases[kept] = case
            kept += 1
    counters.cases = kept
