"""The life of a message, from the issue of its alert until it is read, is given up or its alert expires.

Stated once, for the messages of episodes, which the event loop delivers, and for all others, which are settled when
they are issued.
"""

from typing import NamedTuple

from sim.base.words import ContactChannel, ContactResult, End, Event
from sim.draws.compiled import internal, part_of_caller
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.counts import count_message, count_wait
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.inputs import Now, ProvinceDay
from sim.engines.vector.log import CHANNEL_CODES, is_logged, log_alert
from sim.engines.vector.records import NONE, AlertState, Integers, Record, Records
from sim.engines.vector.rules import Rules, issued
from sim.engines.vector.state import Arrays, Tallies


class Message(NamedTuple):
    """The life of a message that only time ends.

    ``delivered`` is the moment of its delivery, and ``arrives`` whether that is before the deadline of its alert and
    the end of the run. At ``moment`` happens ``step``: an ``AlertStep``, READ, UNREAD (it is given up) or EXPIRY.
    """

    delivered: int
    arrives: bool
    moment: int
    step: int


@internal
def life_of_message(issued: int, delivery: int, delay: int, deadline: int, unread_wait: int, end: int) -> Message:
    """Return the life of a message; all times in ms, ``deadline`` and ``end`` of the run as moments.

    At the tick of the deadline a message is read before its alert expires, but delivered or given up after it. Steps
    from the end of the run on are not seen. A ``delay`` from delivery to reading of -1 means never.
    """
    delivered = issued + delivery
    is_read = 0 <= delay <= unread_wait
    looked = delivered + (delay if is_read else unread_wait)
    moment = deadline
    step = AlertStep.EXPIRY
    if delivered < deadline and (looked < deadline or (is_read and looked == deadline)):
        moment = looked
        step = AlertStep.READ if is_read else AlertStep.UNREAD
    return Message(delivered, delivered < min(deadline, end), moment, step)


@internal
def send_message(alert: Record, delivery: int, delay: int, rules: Rules, counters: Record) -> Message:
    """Send the message of an issued alert, given the ms to delivery and from there to reading; return its life."""
    message = life_of_message(issued(alert, rules), delivery, delay, alert.deadline, rules.unread_wait, rules.end)
    alert.state = AlertState.MESSAGE
    alert.since = message.delivered
    counters.messages += message.arrives
    return message


@part_of_caller
def end_message(
    alert: Record, step: int, moment: int, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> int:
    """Read or give up a message, or expire an unserved alert; return the alert's end, or NONE if a call is next."""
    counters = arrays.counters[0]
    end = NONE
    if step == AlertStep.EXPIRY:
        if is_logged(alert.identity, rules):
            log_alert(Event.EXPIRY, moment, Phase.READS, day.province, alert, arrays.log, counters)
        end = End.EXPIRED
    else:
        result = ContactResult.READ if step == AlertStep.READ else ContactResult.UNREAD
        count_message(tallies.contacts, arrays.overflow, counters, day.offset, moment, alert, result)
        alert.state = AlertState.BETWEEN
        if step == AlertStep.READ:
            wait = moment - issued(alert, rules)
            count_wait(tallies.waits, arrays.overflow, counters, day.offset, moment, alert, wait)
            if is_logged(alert.identity, rules):
                row = log_alert(Event.READ, moment, Phase.READS, day.province, alert, arrays.log, counters)
                arrays.log[row].channel = CHANNEL_CODES[alert.channel]
            end = End.REACHED
        elif rules.calls_unread[alert.rule]:
            alert.channel = ContactChannel.CALL
        else:
            end = End.UNREAD
    return end


@internal
def leave_message(
    alert: Record, now: Now, end: int, today: int, contacts: Integers, overflow: Records, counters: Record
) -> None:
    """Count a message that its track leaves behind when it ends: as delivered, if it has been.

    The message is neither read nor given up. ``end`` is the end of the run, ``today`` counts days from the start of the
    period.
    """
    delivered = alert.since
    own = order_of_alert(Phase.READS, AlertStep.DELIVERY, alert)
    if delivered < end and (delivered < now.moment or (delivered == now.moment and own < now.order)):
        count_message(contacts, overflow, counters, today, delivered, alert, ContactResult.DELIVERED)
    elif delivered < min(alert.deadline, end):
        # It would have been delivered, had the alert not ended first.
        counters.messages -= 1
