"""What a policy costs, in units of money: staff, false alarms, education. No day of a run depends on any of it."""

from sim.scenario.bounds import Cost
from sim.scenario.schema.base import Part


class Wages(Part):
    """One hour of one staffed seat, whether it is busy or waits: pay, with travel and overhead."""

    call: Cost
    """One hour of a seat at a call desk, busy or not. Unit: money an hour. More: calling costs more; nothing else
    changes. Example: `60`"""
    visit: Cost
    """One hour of an officer who visits, busy or not. Unit: money an hour. More: visiting costs more; nothing else
    changes. Example: `100`"""


class FalseAlarm(Part):
    """The burden of one contact that reached somebody whom no fraud had met: their time and their worry, by channel."""

    app: Cost
    """What a warning in the app costs somebody whom no fraud had met. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    sms: Cost
    """What a warning by SMS costs somebody whom no fraud had met. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    call: Cost
    """What a call costs somebody whom no fraud had met. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `4`"""
    visit: Cost
    """What a visit costs somebody whom no fraud had met. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `30`"""


class Education(Part):
    """One video and one activity, to those who make them."""

    video: Cost
    """What it costs to make one video. Unit: money each. More: education costs more; nothing else changes. Example:
    `10000`"""
    activity: Cost
    """What it costs to hold one activity. Unit: money each. More: education costs more; nothing else changes. Example:
    `5000`"""


class Costs(Part):
    """What one of each costs; what other layers of the shield cost is not known."""

    wage: Wages
    """What staff costs."""
    false_alarm: FalseAlarm
    """What false alarms cost those who get them."""
    education: Education
    """What education costs those who make it."""
