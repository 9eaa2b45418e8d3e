"""Episodes in the loop: from stage to stage until they are paid, dropped, held or stopped; then to the police."""

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.reports import ReportTables, delay_bin, filing_delay, loss_bin, recovered, report_delay
from sim.country.people import PeopleTables, home, traits
from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.draws.identity import alert_id, person_id
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_COVERAGE, EPISODE_STAGE
from sim.draws.record import is_kept
from sim.engines.codes import (
    DROPPED_OUT,
    EPISODES,
    FILED,
    FILED_LOSS,
    HELD,
    HELD_FEN,
    LOSS,
    MOOT,
    PREVENTED,
    RECOVERED,
    SAVED,
    VICTIMS,
)
from sim.engines.phases import ARRIVALS, ISSUE, REPORTS, STAGE_MOMENTS
from sim.engines.vector.events import order_of, order_of_alert
from sim.engines.vector.layout import (
    ATTEMPT,
    BAND,
    CASE,
    CASE_BAND,
    CASE_COLUMNS,
    CASE_DELAY,
    CASE_KIND,
    CASE_SEX,
    ENDS_OF_EPISODES,
    EPISODES_BEGUN,
    FILED_AT,
    FILED_CASES,
    FOUND_TYPE_SHIFT,
    KIND,
    LIVING,
    LOSS_FEN,
    MOMENT,
    N_CASES,
    N_EPISODES_FREE,
    N_FILED,
    N_VICTIMS,
    NEXT_STAGE,
    NUMBER,
    ORIGIN,
    OVER,
    PAID,
    PAYMENT,
    RECOVERED_FEN,
    REFERENCES,
    REPORTED,
    SCHEDULED,
    SEEN,
    SEGMENT,
    SEX,
    TOTAL,
    UNISSUED,
    WHO,
)
from sim.engines.vector.lives import leave
from sim.engines.vector.log import (
    DROPPED,
    FILING_EVENT,
    PAYMENT_EVENT,
    REPORT_EVENT,
    STAGE_EVENT,
    STOPPED,
    WAS_HELD,
    write,
)
from sim.engines.vector.rules import TIERS, Rules
from sim.engines.vector.state import Arrays, Tallies, expect, expect_early, release_episode, take_alert
from sim.episode.stages import (
    ENGAGED_STAGE,
    FIRST_PAYMENT,
    EpisodeTables,
    next_stage,
    paid_before,
    payable,
    scheduled,
)
from sim.midnight.today import LOST, Today
from sim.warning.delays import DelayTables, chain_delay
from sim.warning.detectors import NO_ALERT, DetectorTables, stage_tiers


@compiled
def begin_episode(
    p: int,
    found: int,
    midnight: int,
    rules: Rules,
    today: Today,
    stages: EpisodeTables,
    people: PeopleTables,
    v: Arrays,
    outcomes: NDArray[np.int64],
) -> int:
    """Begin the episode of an engaged attempt, in the row ``found`` of the findings; return its row."""
    counters = v.counters
    attempt = v.found[found, ORIGIN]
    moment = v.found[found, MOMENT]
    number = v.found[found, NUMBER]
    kind = v.found[found, SEEN] >> FOUND_TYPE_SHIFT
    age, urban, _, _ = home(rules.seed, person_id(p, number), p, people)
    sex, segment, _ = traits(rules.seed, person_id(p, number), p, age, urban, people)
    band = people.band[age]
    counters[N_EPISODES_FREE] -= 1
    row = v.episodes_free[counters[N_EPISODES_FREE]]
    payments, total = scheduled(rules.seed, attempt, kind, today.loss_factor, stages)
    episode = v.episodes[row]
    episode[ATTEMPT] = attempt
    episode[KIND] = kind
    episode[WHO] = number
    episode[BAND] = band
    episode[SEX] = sex
    episode[SEGMENT] = segment
    episode[NEXT_STAGE] = ENGAGED_STAGE
    episode[OVER] = 0
    episode[SCHEDULED] = payments
    episode[TOTAL] = total
    episode[PAID] = 0
    episode[REFERENCES] = 1
    for tier in range(TIERS):
        episode[LIVING + tier] = -1
    outcomes[kind, band, sex, EPISODES] += 1
    counters[EPISODES_BEGUN] += 1
    delay, _, _ = next_stage(rules.seed, attempt, ENGAGED_STAGE, kind, stages, rules.clock)
    expect_early(
        v.stream, v.later, counters, midnight, moment + delay, order_of(STAGE_MOMENTS, ENGAGED_STAGE, 0, 0, row)
    )
    return int(row)


@compiled
def fen_before(v: Arrays, row: int, payment: int, growth: NDArray[np.float64]) -> int:
    """Return the fen of all scheduled payments before one."""
    episode = v.episodes[row]
    return paid_before(episode[TOTAL], payment, episode[SCHEDULED], float(growth[episode[KIND]]))


@compiled
def prevent(
    v: Arrays, row: int, measure: int, rules: Rules, stages: EpisodeTables, outcomes: NDArray[np.int64]
) -> None:
    """Count what a warning or a bank kept from being paid: the payments that the person would have come to."""
    episode = v.episodes[row]
    kind = episode[KIND]
    come_to = payable(rules.seed, episode[ATTEMPT], episode[NEXT_STAGE], episode[SCHEDULED], kind, stages)
    paid = episode[PAID]
    if come_to > paid:
        fen = fen_before(v, row, come_to, stages.growth) - fen_before(v, row, paid, stages.growth)
        outcomes[kind, episode[BAND], episode[SEX], measure] += fen


@compiled
def end_episode(
    p: int,
    row: int,
    measure: int,
    result: int,
    phase: int,
    now: int,
    order: int,
    rules: Rules,
    today: Today,
    stages: EpisodeTables,
    reports: ReportTables,
    v: Arrays,
    tallies: Tallies,
) -> None:
    """Close an episode; without a payment it counts under ``measure`` (-1 for none), with one the victim may report."""
    episode = v.episodes[row]
    episode[OVER] = 1
    attempt = episode[ATTEMPT]
    here = today.day - rules.start
    if measure >= 0:
        if rules.kept > 0 and is_kept(rules.seed, attempt, rules.kept):
            write(v.log, v.counters, now, phase, STAGE_EVENT, p, attempt, -1, episode[NEXT_STAGE], -1, -1, -1, result,
                  -1, -1)  # fmt: skip
        if episode[PAID] == 0:
            tallies.outcomes[episode[KIND], episode[BAND], episode[SEX], measure] += 1
            how = 0 if measure == SAVED else (1 if measure == DROPPED_OUT else 2)
            v.counters[ENDS_OF_EPISODES + how] += 1
    if rules.desk_knows:
        for tier in range(TIERS):
            alert = episode[LIVING + tier]
            if alert >= 0:
                leave(v, tallies, rules, p, here, alert, MOOT, phase, now, order)
    if episode[PAID] > 0:
        delay = report_delay(rules.seed, attempt, reports, rules.clock)
        reported = now + delay
        if delay >= 0 and reported < rules.end:
            back = 0
            before = 0
            for payment in range(episode[PAID]):
                after = fen_before(v, row, payment + 1, stages.growth)
                back += recovered(after - before, reported - episode[PAYMENT + payment], reports)
                before = after
            case = v.cases[v.counters[N_CASES]]
            case[REPORTED] = reported
            case[FILED_AT] = reported + filing_delay(rules.seed, attempt, reports, rules.clock)
            case[RECOVERED_FEN] = back
            case[LOSS_FEN] = before
            case[CASE] = attempt
            case[CASE_KIND] = episode[KIND]
            case[CASE_BAND] = episode[BAND]
            case[CASE_SEX] = episode[SEX]
            case[CASE_DELAY] = delay_bin(delay)
            v.counters[N_CASES] += 1


@compiled
def stop_episode(
    p: int,
    row: int,
    phase: int,
    now: int,
    order: int,
    rules: Rules,
    today: Today,
    stages: EpisodeTables,
    reports: ReportTables,
    v: Arrays,
    tallies: Tallies,
) -> None:
    """End an episode because a warning persuaded the person."""
    prevent(v, row, PREVENTED, rules, stages, tallies.outcomes)
    end_episode(p, row, SAVED, STOPPED, phase, now, order, rules, today, stages, reports, v, tallies)


@compiled
def reach_stage(
    p: int,
    row: int,
    stage: int,
    now: int,
    order: int,
    rules: Rules,
    today: Today,
    stages: EpisodeTables,
    detectors: DetectorTables,
    delays: DelayTables,
    reports: ReportTables,
    v: Arrays,
    tallies: Tallies,
) -> None:
    """Let an episode come to a stage: the person drops out, a bank holds, or it happens and detectors look."""
    episode = v.episodes[row]
    counters = v.counters
    if episode[OVER]:
        release_episode(v.episodes, v.episodes_free, counters, row)
        return
    attempt = episode[ATTEMPT]
    kind = episode[KIND]
    midnight = (today.day - rules.start) * DAY_MS
    episode[NEXT_STAGE] = stage
    _, _, u_dropout, u_hold = draw4(rules.seed, attempt, EPISODE_STAGE, stage)
    logging = rules.kept > 0 and is_kept(rules.seed, attempt, rules.kept)
    if u_dropout < stages.dropout[kind, min(stage, FIRST_PAYMENT + 1) - 1]:
        end_episode(p, row, DROPPED_OUT, DROPPED, STAGE_MOMENTS, now, order, rules, today, stages, reports, v,
                    tallies)  # fmt: skip
        release_episode(v.episodes, v.episodes_free, counters, row)
        return
    if stage < FIRST_PAYMENT:
        if logging:
            write(v.log, counters, now, STAGE_MOMENTS, STAGE_EVENT, p, attempt, -1, stage, -1, -1, -1, -1, -1, -1)
    elif u_hold < today.held[p]:
        prevent(v, row, HELD_FEN, rules, stages, tallies.outcomes)
        end_episode(p, row, HELD, WAS_HELD, STAGE_MOMENTS, now, order, rules, today, stages, reports, v,
                    tallies)  # fmt: skip
        release_episode(v.episodes, v.episodes_free, counters, row)
        return
    else:
        payment = stage - FIRST_PAYMENT
        fen = fen_before(v, row, payment + 1, stages.growth) - fen_before(v, row, payment, stages.growth)
        of_person = tallies.outcomes[kind, episode[BAND], episode[SEX]]
        if episode[PAID] == 0:
            of_person[VICTIMS] += 1
            counters[ENDS_OF_EPISODES + 3] += 1
            v.victims[counters[N_VICTIMS]] = episode[WHO]
            counters[N_VICTIMS] += 1
        episode[PAYMENT + episode[PAID]] = now
        episode[PAID] += 1
        of_person[LOSS] += fen
        if logging:
            write(v.log, counters, now, STAGE_MOMENTS, PAYMENT_EVENT, p, attempt, -1, stage, -1, -1, -1, -1, -1, fen)
    episode[NEXT_STAGE] = stage + 1

    # Both detectors score the stage that has happened.
    d_prime = float(detectors.stage[min(stage, FIRST_PAYMENT) - 1])
    d_prime += today.data_sharing[p]
    tiers = stage_tiers(rules.seed, attempt, stage, d_prime, detectors)
    u_central, u_local, _, _ = draw4(rules.seed, attempt, ATTEMPT_COVERAGE, 0)
    for detector in range(2):
        tier = tiers[0] if detector == 0 else tiers[1]
        u = u_central if detector == 0 else u_local
        outage = today.outage[detector, p]
        if tier == NO_ALERT or u >= today.coverage[detector, p] or outage == LOST:
            continue
        identity = alert_id(attempt, detector, stage)
        issue = max(now, outage) + chain_delay(rules.seed, identity, detector, delays, rules.clock)
        if issue < rules.end:
            alert = take_alert(v.alerts, v.alerts_free, counters, identity, issue, episode[WHO], row, tier, UNISSUED)
            episode[REFERENCES] += 1
            expect(v.heap, v.later, counters, midnight, issue, order_of_alert(ARRIVALS, ISSUE, identity, alert))

    later = stage + 1
    if later < FIRST_PAYMENT + episode[SCHEDULED]:
        delay, _, _ = next_stage(rules.seed, attempt, later, kind, stages, rules.clock)
        expect(v.heap, v.later, counters, midnight, now + delay, order_of(STAGE_MOMENTS, later, 0, 0, row))
    else:
        end_episode(p, row, -1, -1, STAGE_MOMENTS, now, order, rules, today, stages, reports, v, tallies,)  # fmt: skip
        release_episode(v.episodes, v.episodes_free, counters, row)


@compiled
def go_to_police(p: int, rules: Rules, day: int, v: Arrays, tallies: Tallies) -> None:
    """Count the reports and filings of a day at its end; there is room for all."""
    counters = v.counters
    end = (day - rules.start + 1) * DAY_MS
    kept = 0
    for k in range(counters[N_CASES]):
        case = v.cases[k]
        of_person = tallies.outcomes[case[CASE_KIND], case[CASE_BAND], case[CASE_SEX]]
        logging = rules.kept > 0 and is_kept(rules.seed, case[CASE], rules.kept)
        if 0 <= case[REPORTED] - (end - DAY_MS) < DAY_MS:
            of_person[RECOVERED] += case[RECOVERED_FEN]
            if logging:
                write(v.log, counters, case[REPORTED], REPORTS, REPORT_EVENT, p, case[CASE], -1, 0, -1, -1, -1, -1, -1,
                      case[RECOVERED_FEN])  # fmt: skip
        if case[FILED_AT] < end:
            of_person[FILED] += 1
            of_person[FILED_LOSS] += case[LOSS_FEN]
            tallies.cases[case[CASE_KIND], case[CASE_DELAY], loss_bin(case[LOSS_FEN])] += 1
            counters[FILED_CASES] += 1
            v.filed[counters[N_FILED], 0] = case[FILED_AT]
            v.filed[counters[N_FILED], 1] = case[CASE]
            counters[N_FILED] += 1
            if logging:
                write(v.log, counters, case[FILED_AT], REPORTS, FILING_EVENT, p, case[CASE], -1, 0, -1, -1, -1, -1,
                      -1, -1)  # fmt: skip
        else:
            for column in range(CASE_COLUMNS):
                v.cases[kept, column] = case[column]
            kept += 1
    counters[N_CASES] = kept
