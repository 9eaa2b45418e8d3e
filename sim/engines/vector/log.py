"""The log of a province, and the codes in it."""

from typing import Final

import numpy as np

from sim.base.words import EVENT_CHANNELS, EVENT_RESULTS, STOPPED, ContactChannel, ContactResult, End, EpisodeEnd, Event
from sim.draws.compiled import inlined, internal
from sim.draws.identity import detector_of, origin_of, stage_of
from sim.draws.record import is_kept
from sim.engines.phases import Phase
from sim.engines.vector.events import phase_of
from sim.engines.vector.inputs import Now
from sim.engines.vector.records import NONE, Record, Records
from sim.engines.vector.rules import Rules, tier_of

# One list of channels, and one of results, serves all kinds of events.
CHANNEL_CODES: Final = np.array([EVENT_CHANNELS.index(name) for name in ContactChannel.labels()])
CONTACT_CODES: Final = np.array([EVENT_RESULTS.index(name) for name in ContactResult.labels()])
END_CODES: Final = np.array([EVENT_RESULTS.index(name) for name in End.labels()])
EPISODE_END_CODES: Final = np.array(
    [EVENT_RESULTS.index(name) for name in (STOPPED, EpisodeEnd.DROPPED_OUT.label, EpisodeEnd.HELD.label)]
)
"""By ``EpisodeEnd``; a person stopped by a warning is saved only without a payment."""


@inlined
def is_logged(identity: int, rules: Rules) -> bool:
    """Return whether events of the origin of an alert, attempt or contact are logged."""
    return rules.kept > 0 and is_kept(rules.seed, origin_of(identity), rules.kept)


@internal
def log_event(event: int, moment: int, phase: int, province: int, origin: int, log: Records, counters: Record) -> int:
    """Return the row of a new log entry, for which there is room; all other fields are still NONE."""
    row = counters.log
    counters.log = row + 1
    entry = log[row]
    entry.moment = moment
    entry.phase = phase
    entry.event = event
    entry.province = province
    entry.origin = origin
    entry.detector = NONE
    entry.stage = NONE
    entry.number = NONE
    entry.channel = NONE
    entry.tier = NONE
    entry.result = NONE
    entry.person = NONE
    entry.value = NONE
    return int(row)


@internal
def log_alert(event: int, moment: int, phase: int, province: int, alert: Record, log: Records, counters: Record) -> int:
    """Return the row of a new log entry about an alert."""
    row = log_event(event, moment, phase, province, origin_of(alert.identity), log, counters)
    entry = log[row]
    entry.detector = detector_of(alert.identity)
    entry.stage = stage_of(alert.identity)
    entry.tier = tier_of(alert)
    return row


@internal
def log_issue(alert: Record, moment: int, predicted: int, province: int, log: Records, counters: Record) -> None:
    """Log the issue of an alert at a moment, with its predicted fraud type."""
    entry = log[log_alert(Event.ISSUE, moment, Phase.ARRIVALS, province, alert, log, counters)]
    entry.person = alert.person
    entry.value = predicted


@internal
def log_stage(event: int, now: Now, province: int, episode: Record, log: Records, counters: Record) -> int:
    """Return the row of a new log entry about the stage that an episode reaches."""
    row = log_event(event, now.moment, phase_of(now.order), province, episode.attempt, log, counters)
    log[row].stage = episode.next_stage
    return row
