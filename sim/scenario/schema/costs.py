"""What a policy costs, in yuan: staff, false alarms, education. No day of a run depends on any of it."""

from sim.scenario.bounds import Cost
from sim.scenario.schema.base import Part


class Wages(Part):
    """One hour of one staffed seat, whether it is busy or waits: pay, with travel and overhead."""

    call: Cost
    visit: Cost


class FalseAlarm(Part):
    """The burden of one contact that reached somebody whom no fraud had met: their time and their worry, by channel."""

    app: Cost
    sms: Cost
    call: Cost
    visit: Cost


class Education(Part):
    """One video and one activity, to those who make them."""

    video: Cost
    activity: Cost


class Costs(Part):
    """What one of each costs; what other layers of the shield cost is not known."""

    wage: Wages
    false_alarm: FalseAlarm
    education: Education
