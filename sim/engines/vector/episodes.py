"""Episodes from stage to stage, and the cases that follow.

Episodes in the event loop: from stage to stage until they are paid, dropped, held or stopped.

Cases on their way from the victim to the police, counted when the day of their report or filing ends.
"""

from typing import Final

import numpy as np

from sim.aftermath import delay_bin, filing_delay, loss_bin, order_delay, recovered, report_delay
from sim.base.days import DAY_MS
from sim.base.words import Detector, End, EpisodeEnd, Event, Outcome, Stage, Truth
from sim.country.people import home, traits
from sim.draws.compiled import internal, part_of_caller
from sim.draws.identity import alert_id, person_id
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_COVERAGE, EPISODE_STAGE
from sim.engines.tables import ArrivalStep, Phase
from sim.engines.vector import state
from sim.engines.vector.alerts import end_from_outside
from sim.engines.vector.records import (
    DETECTORS,
    NONE,
    TIERS,
    Integers,
    Now,
    ProvinceDay,
    Record,
    RunTables,
    Waiting,
    order_of_alert,
    order_of_stage,
)
from sim.episode import drops_out, next_stage, paid_before, payable, scheduled, waits, would_pay
from sim.midnight.today import LOST
from sim.warning.detectors import NO_ALERT, stage_tiers, weigh
from sim.warning.service import chain_delay

OUTCOMES: Final = np.array([Outcome.SAVED, Outcome.DROPPED_OUT, Outcome.HELD])
"""Outcome of an episode without a payment, by its ``EpisodeEnd``."""


@internal
def begin_episode(finding: Record, run: RunTables, day: ProvinceDay, arrays: state.Arrays, outcomes: Integers) -> int:
    """Begin the episode of an engaged attempt; return its row."""
    rules, counters, people = run.rules, arrays.counters[0], run.people
    person = person_id(day.province, finding.person)
    age, urban, _, _ = home(rules.seed, person, day.province, people)
    sex, segment, _ = traits(rules.seed, person, day.province, age, urban, people)
    payments, total = scheduled(rules.seed, finding.origin, finding.kind, day.loss_factor, run.episodes)
    counters.episodes_free -= 1
    row = int(arrays.episodes_free[counters.episodes_free])
    episode = arrays.episodes[row]
    episode.row = row
    episode.attempt = finding.origin
    episode.person = finding.person
    episode.total = total
    episode.references = 1
    episode.kind = finding.kind
    episode.band = people.band[age]
    episode.sex = sex
    episode.segment = segment
    episode.next_stage = Stage.ENGAGED
    episode.scheduled = payments
    episode.paid = 0
    episode.waiting = Waiting.NOT
    episode.warned_tier = NONE
    episode.over = False
    for tier in range(TIERS):
        episode.living[tier] = NONE
    outcomes[episode.kind, episode.band, episode.sex, Outcome.EPISODES] += 1
    counters.episodes_begun += 1
    delay, _, _ = next_stage(rules.seed, episode.attempt, Stage.ENGAGED, episode.kind, run.episodes, rules.clock)
    order = order_of_stage(Stage.ENGAGED, episode)
    state.expect_early(arrays.stream, arrays.later, counters, day.midnight, finding.moment + delay, order)
    return row


@part_of_caller
def cents_before(episode: Record, payment: int, run: RunTables) -> int:
    """Return the cents of all scheduled payments before one."""
    return paid_before(episode.total, payment, episode.scheduled, float(run.episodes.growth[episode.kind]))


@part_of_caller
def cents_of(episode: Record, payment: int, run: RunTables) -> int:
    """Return the cents of a payment."""
    return cents_before(episode, payment + 1, run) - cents_before(episode, payment, run)


@internal
def prevent(episode: Record, measure: int, run: RunTables, outcomes: Integers) -> int:
    """Count the money that a warning or a bank kept from being paid; return the number of payments prevented."""
    come_to = payable(
        run.rules.seed, episode.attempt, episode.next_stage, episode.scheduled, episode.kind, run.episodes
    )
    if come_to > episode.paid:
        cents = cents_before(episode, come_to, run) - cents_before(episode, episode.paid, run)
        measures = outcomes[episode.kind, episode.band, episode.sex]
        measures[measure] = state.added(measures[measure], cents)
    return come_to


@internal
def end_episode(
    episode: Record, how: int, now: Now, run: RunTables, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """Close an episode; after a payment the victim may report it.

    ``how`` is an ``EpisodeEnd``, or NONE if all scheduled payments have been made.
    """
    rules, counters = run.rules, arrays.counters[0]
    episode.over = True
    if how != NONE:
        if state.is_logged(episode.attempt, rules):
            row = state.log_stage(Event.STAGE, now, day.province, episode, arrays.log, counters)
            arrays.log[row].result = state.EPISODE_END_CODES[how]
        if episode.paid == 0:
            tallies.outcomes[episode.kind, episode.band, episode.sex, OUTCOMES[how]] += 1
            counters.episode_ends[how] += 1
    if rules.desk_knows:
        for tier in range(TIERS):
            if episode.living[tier] != NONE:
                alert = arrays.alerts[episode.living[tier]]
                end_from_outside(alert, End.MOOT, now, rules, day, arrays, tallies)
    if episode.paid > 0:
        report(episode, now.moment, run, arrays)


@part_of_caller
def report(episode: Record, moment: int, run: RunTables, arrays: state.Arrays) -> None:
    """Decide whether the victim of an episode that ended at a moment reports it, and when the case is filed.

    Reports after the end of the run are kept like others, and counted on no day.
    """
    rules, counters = run.rules, arrays.counters[0]
    delay = report_delay(rules.seed, episode.attempt, episode.warned_tier != NONE, run.reports, rules.clock)
    reported = moment + delay
    if delay >= 0:
        case = arrays.cases[counters.cases]
        case.attempt = episode.attempt
        case.reported = reported
        case.filed = reported + filing_delay(rules.seed, episode.attempt, run.reports, rules.clock)
        case.total = episode.total
        case.loss = cents_before(episode, episode.paid, run)
        for payment in range(episode.paid):
            case.payments[payment] = episode.payments[payment]
        case.kind = episode.kind
        case.band = episode.band
        case.sex = episode.sex
        case.scheduled = episode.scheduled
        case.paid = episode.paid
        case.delay_bin = delay_bin(delay)
        counters.cases += 1


@internal
def stop_episode(
    episode: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End an episode because a warning persuaded the person."""
    come_to = prevent(episode, Outcome.PREVENTED_CENTS, run, tallies.outcomes)
    if episode.paid == 0 and pays_unwarned(episode, come_to, run, day):
        tallies.outcomes[episode.kind, episode.band, episode.sex, Outcome.AVERTED] += 1
    end_episode(episode, EpisodeEnd.SAVED, now, run, day, arrays, tallies)


@part_of_caller
def pays_unwarned(episode: Record, come_to: int, run: RunTables, day: ProvinceDay) -> bool:
    """Return whether a person stopped before any payment would have become a victim."""
    pays = bool(episode.waiting == Waiting.TO_BE_PAID)  # no bank has held the transfer that waits
    if episode.waiting == Waiting.NOT:
        pays = would_pay(run.rules.seed, episode.attempt, come_to, day.held)
        if pays:
            _, cancels = wait_of(episode, Stage.FIRST_PAYMENT, run, day)
            pays = not cancels
    return pays


@internal
def wait_of(episode: Record, stage: int, run: RunTables, day: ProvinceDay) -> tuple[int, bool]:
    """Return what becomes of the transfer of a stage under the measures of today, see ``sim.episode``."""
    if len(day.delayed) == 0:
        return 0, False
    rules = run.rules
    age, _, _, _ = home(rules.seed, person_id(day.province, episode.person), day.province, run.people)
    payment = stage - Stage.FIRST_PAYMENT
    cents = cents_of(episode, payment, run)
    return waits(rules.seed, episode.attempt, payment, cents, age, day.delayed, run.waits, rules.clock)


@internal
def reach_stage(
    episode: Record,
    stage: int,
    now: Now,
    run: RunTables,
    day: ProvinceDay,
    arrays: state.Arrays,
    tallies: state.Tallies,
) -> None:
    """Bring an episode to a stage: the person drops out, a bank holds, or it happens and detectors score it.

    A transfer that banks delay is scored when it is ordered, and comes here again when it is paid or cancelled. The
    current event refers to the episode. The next one gets its own; otherwise the reference is dropped.
    """
    counters = arrays.counters[0]
    if episode.over:
        state.release_episode(episode, arrays.episodes_free, counters)
        return
    episode.next_stage = stage
    waited = episode.waiting
    how, delay = NONE, 0
    if waited == Waiting.TO_BE_CANCELLED:
        prevent(episode, Outcome.HELD_CENTS, run, tallies.outcomes)
        how = EpisodeEnd.HELD
    elif waited == Waiting.NOT:
        how = end_before(episode, stage, run, day, tallies.outcomes)
        if how == NONE:
            detect(episode, stage, now.moment, run, day, arrays)
            delay = begin_wait(episode, stage, run, day)
    if how == NONE:
        if delay == 0:
            happen(episode, stage, now, run, day, arrays, tallies.outcomes)
            stage += 1
            episode.next_stage = stage
        if stage < Stage.FIRST_PAYMENT + episode.scheduled:
            if delay == 0:
                delay, _, _ = next_stage(
                    run.rules.seed, episode.attempt, stage, episode.kind, run.episodes, run.rules.clock
                )
            order = order_of_stage(stage, episode)
            state.expect(arrays.heap, arrays.later, counters, day.midnight, now.moment + delay, order)
            return
    end_episode(episode, how, now, run, day, arrays, tallies)
    state.release_episode(episode, arrays.episodes_free, counters)


@part_of_caller
def begin_wait(episode: Record, stage: int, run: RunTables, day: ProvinceDay) -> int:
    """Return the ms that the transfer of a stage waits, and note how the wait will end; 0 if it is paid at once."""
    delay = 0
    if stage >= Stage.FIRST_PAYMENT:
        delay, cancels = wait_of(episode, stage, run, day)
        if delay > 0:
            episode.waiting = Waiting.TO_BE_CANCELLED if cancels else Waiting.TO_BE_PAID
    return delay


@part_of_caller
def happen(
    episode: Record, stage: int, now: Now, run: RunTables, day: ProvinceDay, arrays: state.Arrays, outcomes: Integers
) -> None:
    """Let a stage happen: make its payment, or note it."""
    episode.waiting = Waiting.NOT
    if stage >= Stage.FIRST_PAYMENT:
        pay(episode, stage, now, run, day, arrays, outcomes)
    elif state.is_logged(episode.attempt, run.rules):
        state.log_stage(Event.STAGE, now, day.province, episode, arrays.log, arrays.counters[0])


@part_of_caller
def end_before(episode: Record, stage: int, run: RunTables, day: ProvinceDay, outcomes: Integers) -> int:
    """Return how an episode ends before a stage happens, an ``EpisodeEnd``, or NONE."""
    _, _, u_dropout, u_hold = draw4(run.rules.seed, episode.attempt, EPISODE_STAGE, stage)
    how = NONE
    if drops_out(u_dropout, stage, episode.kind, run.episodes):
        how = EpisodeEnd.DROPPED_OUT
    elif stage >= Stage.FIRST_PAYMENT and u_hold < day.held:
        prevent(episode, Outcome.HELD_CENTS, run, outcomes)
        how = EpisodeEnd.HELD
    return how


@part_of_caller
def pay(
    episode: Record, stage: int, now: Now, run: RunTables, day: ProvinceDay, arrays: state.Arrays, outcomes: Integers
) -> None:
    """Make the payment of a stage; the first one makes a victim."""
    counters = arrays.counters[0]
    payment = stage - Stage.FIRST_PAYMENT
    cents = cents_of(episode, payment, run)
    measures = outcomes[episode.kind, episode.band, episode.sex]
    if episode.paid == 0:
        measures[Outcome.VICTIMS] += 1
        counters.episode_ends[EpisodeEnd.VICTIMS] += 1
        arrays.victims[counters.victims] = episode.person
        counters.victims += 1
    episode.payments[episode.paid] = now.moment
    episode.paid += 1
    measures[Outcome.LOSS_CENTS] = state.added(measures[Outcome.LOSS_CENTS], cents)
    if state.is_logged(episode.attempt, run.rules):
        row = state.log_stage(Event.PAYMENT, now, day.province, episode, arrays.log, counters)
        arrays.log[row].value = cents


@part_of_caller
def detect(episode: Record, stage: int, moment: int, run: RunTables, day: ProvinceDay, arrays: state.Arrays) -> None:
    """Let both detectors score a stage, or a transfer that is ordered, and send their alerts down the chain."""
    rules, counters, detectors = run.rules, arrays.counters[0], run.detectors
    d_prime = float(detectors.stage[min(stage, len(detectors.stage)) - 1]) + day.data_sharing
    tiers = stage_tiers(rules.seed, episode.attempt, stage, d_prime, detectors)
    u_central, u_local, _, _ = draw4(rules.seed, episode.attempt, ATTEMPT_COVERAGE, 0)
    for detector in range(DETECTORS):
        by_score = tiers[0] if detector == Detector.CENTRAL else tiers[1]
        u = u_central if detector == Detector.CENTRAL else u_local
        outage = day.outage[detector]
        identity = alert_id(episode.attempt, detector, stage)
        tier, wait = weigh(
            rules.seed, identity, Truth.EPISODE, episode.kind, by_score, run.signs, day.known, rules.clock
        )
        if tier != NO_ALERT and u < day.coverage[detector] and outage != LOST:
            delay = chain_delay(rules.seed, identity, detector, run.delays, rules.clock)
            issued = max(moment + wait, outage) + delay
            if issued < rules.end:
                rule = rule_for(tier, episode.person, run, day)
                deadline = issued + rules.deadline[rule]
                kept = state.delay_or_score(identity, delay, Truth.EPISODE, run, day.data_sharing)
                alert = arrays.alerts[state.take_alert(arrays.alerts, arrays.alerts_free, counters)]
                state.raise_alert(alert, identity, deadline, episode.person, rule, kept)
                join_episode(alert, episode)
                order = order_of_alert(Phase.ARRIVALS, ArrivalStep.ISSUE, alert)
                state.expect(arrays.heap, arrays.later, counters, day.midnight, issued, order)


@part_of_caller
def rule_for(tier: int, person: int, run: RunTables, day: ProvinceDay) -> int:
    """Return the place of the rules of a tier for a person, by their number in the province."""
    if not run.rules.has_groups:
        return tier
    age, _, _, _ = home(run.rules.seed, person_id(day.province, person), day.province, run.people)
    return int(run.rules.rule_of_age[tier, age])


@internal
def join_episode(alert: Record, episode: Record) -> None:
    """Link an alert to its episode, which keeps its row as long as the alert does."""
    alert.episode = episode.row
    alert.kind = episode.kind
    alert.truth = Truth.EPISODE
    episode.references += 1


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
def go_to_police(run: RunTables, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies) -> None:
    """Count the reports and filings of a day at its end; there is room for all."""
    rules, counters = run.rules, arrays.counters[0]
    end = day.midnight + DAY_MS
    kept = 0
    for k in range(counters.cases):
        case = arrays.cases[k]
        measures = tallies.outcomes[case.kind, case.band, case.sex]
        logged = state.is_logged(case.attempt, rules)
        if day.midnight <= case.reported < end:
            back = got_back(case, run, day)
            measures[Outcome.RECOVERED_CENTS] = state.added(measures[Outcome.RECOVERED_CENTS], back)
            if logged:
                row = state.log_event(
                    Event.REPORT, case.reported, Phase.REPORTS, day.province, case.attempt, arrays.log, counters
                )
                arrays.log[row].stage = 0
                arrays.log[row].value = back
        if case.filed < end:
            measures[Outcome.FILED] += 1
            measures[Outcome.FILED_LOSS_CENTS] = state.added(measures[Outcome.FILED_LOSS_CENTS], case.loss)
            tallies.cases[case.kind, case.delay_bin, loss_bin(case.loss)] += 1
            counters.filed_cases += 1
            filed = arrays.filed[counters.filed]
            filed.moment = case.filed
            filed.attempt = case.attempt
            counters.filed += 1
            if logged:
                row = state.log_event(
                    Event.FILING, case.filed, Phase.REPORTS, day.province, case.attempt, arrays.log, counters
                )
                arrays.log[row].stage = 0
        else:
            arrays.cases[kept] = case
            kept += 1
    counters.cases = kept
