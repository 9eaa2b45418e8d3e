"""The issue of alerts that concern no episode, in whole blocks.

Only time ends a message of such an alert, so its whole life is settled when it is issued. The alert enters the event
loop only if a call or a visit is next.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import ContactChannel, End
from sim.country.people import has_app
from sim.draws.compiled import internal, part_of_caller
from sim.draws.distributions import pick
from sim.draws.identity import person_id
from sim.draws.many import round_to_ticks
from sim.draws.philox import draw4_many
from sim.draws.prefetch import prefetch
from sim.draws.purposes import ALERT_READ_DELAY, ALERT_READING, PERSON_HOME
from sim.engines.phases import AlertStep, ArrivalStep, Phase
from sim.engines.vector.ahead import draw_ahead
from sim.engines.vector.chain import AlertScratch, draw_ms, send
from sim.engines.vector.counts import day_of
from sim.engines.vector.day import begin_day
from sim.engines.vector.events import order_at_row, order_of_alert
from sim.engines.vector.guides import AMBIGUOUS, TOP_SHIFT
from sim.engines.vector.inputs import Now, ProvinceDay, RunTables
from sim.engines.vector.lives import end_track
from sim.engines.vector.log import is_logged, log_issue
from sim.engines.vector.messages import end_message, send_message
from sim.engines.vector.records import NONE, AlertState, Record, Records
from sim.engines.vector.rules import Rules, issued
from sim.engines.vector.state import Arrays, Tallies, expect_early, note_warned, raise_alert, take_alert
from sim.warning.delays import DelayTables
from sim.warning.detectors import predicted_type

ROWS_AHEAD: Final = 8
"""Free rows between the one taken and the one prefetched."""


@internal
def warn(
    block: int,
    run: RunTables,
    day: ProvinceDay,
    bands: NDArray[np.uint8],
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> bool:
    """Return whether all alerts on the day's findings are sent, and those due today issued; if not, an array must grow.

    Three steps in one call: passing all arrays to a kernel takes longer than some days have work for it. ``block``
    findings or alerts are handled together; ``bands`` (4096,) is the guide to the age bands of the province.
    """
    return (
        begin_day(day.midnight, arrays)
        and send(block, run, day, arrays, tallies.outcomes, room)
        and issue_sent(block, run, day, bands, arrays, tallies, room)
    )


@part_of_caller
def issue_sent(
    block: int,
    run: RunTables,
    day: ProvinceDay,
    bands: NDArray[np.uint8],
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> bool:
    """Return whether all alerts sent whose day has come are issued; if not, an array must grow first.

    Alerts of later days move to the front of ``sent``; ``counters.kept`` counts them so far. Arguments are as for
    ``warn``.
    """
    rules, counters = run.rules, arrays.counters[0]
    while counters.index < counters.sent:
        if (
            counters.alerts_free < block
            or counters.stream + block >= len(arrays.stream)
            or counters.later + block > len(arrays.later)
            or counters.warned + block > len(arrays.warned)
            or counters.overflow + 3 * block > len(arrays.overflow)
            or (rules.kept > 0 and counters.log + 4 * block > len(arrays.log))
        ):
            return False
        last = min(counters.index + block, counters.sent)
        count = 0
        for k in range(counters.index, last):
            room.rows[count] = k
            count += issued(arrays.sent[k], rules) < day.midnight + DAY_MS
        choose_channels(count, run, day, bands, arrays.sent, room)
        draw_reading(ContactChannel.APP, count, rules, run.delays, arrays.sent, room)
        draw_reading(ContactChannel.SMS, count, rules, run.delays, arrays.sent, room)
        issue_block(count, run, day, arrays, tallies, room)
        for k in range(counters.index, last):
            if issued(arrays.sent[k], rules) >= day.midnight + DAY_MS:
                arrays.sent[counters.kept] = arrays.sent[k]
                counters.kept += 1
        counters.index = last
    counters.sent = counters.kept
    counters.index = 0
    counters.kept = 0
    return True


@internal
def choose_channels(
    count: int, run: RunTables, day: ProvinceDay, bands: NDArray[np.uint8], alerts: Records, room: AlertScratch
) -> None:
    """Choose the first channel of ``count`` alerts: as their tier says, but an SMS for people without the app today.

    If a tier begins with several channels it is the last of them, a desk's, and the event loop starts them all.
    """
    people, province = run.people, day.province
    asked = 0
    for k in range(count):
        alert = alerts[room.rows[k]]
        channel = run.rules.first[alert.rule, run.rules.tracks[alert.rule] - 1]
        is_asked = channel == ContactChannel.APP
        room.positions[asked] = k
        room.identities[asked] = person_id(province, alert.person)
        asked += is_asked
        alert.channel = ContactChannel.SMS if is_asked else channel
    draw4_many(run.rules.seed, room.identities, asked, PERSON_HOME, 0, room.lanes)
    # Having the app does not depend on other traits, so it is tested first.
    left = 0
    for q in range(asked):
        room.outside[left] = q
        left += room.lanes[3, q] < day.app
    for m in range(left):
        q = room.outside[m]
        band = int(bands[room.lanes[0, q] >> TOP_SHIFT])
        if band == AMBIGUOUS:
            band = people.band[pick(room.lanes[0, q], people.age[province])]
        urban = (room.lanes[1, q] < people.urban[province]) * 1
        online = room.lanes[2, q] < people.internet[province, urban, band]
        if has_app(online, room.lanes[3, q], day.app):
            alerts[room.rows[room.positions[q]]].channel = ContactChannel.APP


@internal
def draw_reading(
    channel: int, count: int, rules: Rules, delays: DelayTables, alerts: Records, room: AlertScratch
) -> None:
    """Draw delivery and reading of those alerts that go out by a channel, as ``delays.reading`` does."""
    sent = 0
    for k in range(count):
        alert = alerts[room.rows[k]]
        room.positions[sent] = k
        room.identities[sent] = alert.identity
        sent += alert.channel == channel
    draw4_many(rules.seed, room.identities, sent, ALERT_READING, channel, room.lanes)
    draw_ms(delays.delivery[channel], sent, room)
    round_to_ticks(room.drew, sent, rules.clock)
    read = 0
    for q in range(sent):
        k = room.positions[q]
        room.delivery[k] = int(room.drew[q])
        room.delay[k] = NONE
        # Alerts that are read move to the front, which is not read again.
        room.positions[read] = k
        room.identities[read] = room.identities[q]
        read += room.lanes[2, q] < delays.read[channel]
    draw4_many(rules.seed, room.identities, read, ALERT_READ_DELAY, channel, room.lanes)
    draw_ms(delays.read_delay[channel], read, room)
    round_to_ticks(room.drew, read, rules.clock)
    for q in range(read):
        room.delay[room.positions[q]] = int(room.drew[q])


@part_of_caller
def issue_block(
    count: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch
) -> None:
    """Issue ``count`` alerts: first those that are called or visited, then those whose message is settled at once.

    If a call or a visit follows, the event loop takes over from there.
    """
    rules, counters = run.rules, arrays.counters[0]
    counters.issued += count
    if rules.kept > 0:
        for k in range(count):
            alert = arrays.sent[room.rows[k]]
            if is_logged(alert.identity, rules):
                predicted = predicted_type(rules.seed, alert.identity, alert.kind, run.detectors)
                log_issue(alert, issued(alert, rules), predicted, day.province, arrays.log, counters)
    counters.pending = 0
    written = 0
    called = 0
    for k in range(count):
        room.positions[written] = k
        room.outside[called] = k
        alert = arrays.sent[room.rows[k]]
        is_called = alert.channel >= ContactChannel.CALL
        rings = alert.marked == NONE
        called += is_called and rings
        written += not is_called and rings
    if written + called < count:
        end_repeats(count, rules, day, arrays, tallies, room)
    for q in range(called):
        alert = arrays.sent[room.rows[room.outside[q]]]
        enter_loop(alert, issued(alert, rules), Phase.ARRIVALS, ArrivalStep.ISSUE, rules, day.midnight, arrays, room)
    for q in range(written):
        k = room.positions[q]
        settle_message(arrays.sent[room.rows[k]], room.delivery[k], room.delay[k], rules, day, arrays, tallies, room)
    draw_ahead(run, arrays.alerts, counters, room)


@internal
def end_repeats(
    count: int, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch
) -> None:
    """End those of ``count`` alerts that do not ring because the other detector's alert about the contact does."""
    for k in range(count):
        alert = arrays.sent[room.rows[k]]
        if alert.marked != NONE:
            order = order_of_alert(Phase.ARRIVALS, ArrivalStep.ISSUE, alert)
            end_track(alert, alert.marked, Now(issued(alert, rules), order), rules, day, arrays, tallies)


@part_of_caller
def settle_message(
    alert: Record,
    delivery: int,
    delay: int,
    rules: Rules,
    day: ProvinceDay,
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> None:
    """Settle the message of an alert; if it is given up and a call follows, the event loop takes over."""
    counters = arrays.counters[0]
    message = send_message(alert, delivery, delay, rules, counters)
    end: int = End.OPEN
    if message.moment < rules.end:
        end = end_message(alert, message.step, message.moment, rules, day, arrays, tallies)
    if end == NONE:
        enter_loop(alert, message.moment, Phase.READS, AlertStep.UNREAD, rules, day.midnight, arrays, room)
    else:
        if end == End.REACHED:
            warned = day.number + day_of(message.moment) - day.offset
            note_warned(alert.person, warned, arrays.warned, counters)
        order = order_of_alert(Phase.READS, message.step, alert)
        now = Now(min(message.moment, rules.end), order)
        end_track(alert, end, now, rules, day, arrays, tallies)


@part_of_caller
def enter_loop(
    sent: Record,
    moment: int,
    phase: int,
    step: int,
    rules: Rules,
    midnight: int,
    arrays: Arrays,
    room: AlertScratch,
) -> None:
    """Move an alert into the event loop, where it joins a queue or its tracks begin."""
    counters = arrays.counters[0]
    row = take_alert(arrays.alerts, arrays.alerts_free, counters)
    prefetch(arrays.alerts, arrays.alerts_free[max(0, counters.alerts_free - ROWS_AHEAD)])
    alert = arrays.alerts[row]
    raise_alert(alert, sent.identity, sent.deadline, sent.person, sent.rule, sent.delay_or_score)
    alert.truth = sent.truth
    alert.kind = sent.kind
    alert.channel = sent.channel
    if rules.tracks[sent.rule] == 1:
        alert.state = AlertState.BETWEEN
        room.pending[counters.pending] = row
        counters.pending += 1
    expect_early(arrays.stream, arrays.later, counters, midnight, moment, order_at_row(phase, step, sent.identity, row))
