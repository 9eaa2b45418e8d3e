"""What a policy costs, in units of money: staff, false alarms, education. No day of a run depends on any of it."""

from sim.scenario.bounds import Cost, Spending
from sim.scenario.schema.base import Part, Sparse, Word


class Wages(Part):
    """One hour of one staffed seat, busy or waiting: pay, with travel and overhead."""

    call: Cost
    """One hour of a seat at a call desk, busy or not. Unit: money an hour. More: calling costs more; nothing else
    changes. Example: `60`"""
    visit: Cost
    """One hour of an officer who visits, busy or not. Unit: money an hour. More: visiting costs more; nothing else
    changes. Example: `100`"""


class FalseAlarm(Part):
    """The burden of one warning to somebody who had met no fraud: time and worry, by channel."""

    app: Cost
    """Cost of a warning in the app to somebody who had met no fraud. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    sms: Cost
    """Cost of a warning by SMS to somebody who had met no fraud. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    call: Cost
    """Cost of a call to somebody who had met no fraud. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `4`"""
    visit: Cost
    """Cost of a visit to somebody who had met no fraud. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `30`"""


class Education(Part):
    """Costs of one video and one activity."""

    video: Cost
    """Cost of one video. Unit: money each. More: education costs more; nothing else changes. Example: `10000`"""
    activity: Cost
    """Cost of one activity. Unit: money each. More: education costs more; nothing else changes. Example: `5000`"""


class FalseBlock(Part):
    """The burden of one ordinary call or SMS that a filter stops by mistake."""

    call: Cost
    """Cost of an ordinary call that a filter stops. Unit: money each. More: filters cost more; nothing else changes.
    Example: `2`"""
    sms: Cost
    """Cost of an ordinary SMS that a filter stops. Unit: money each. More: filters cost more; nothing else changes.
    Example: `0.5`"""


class Costs(Sparse):
    """Unit costs; the costs of other layers of the shield are not known."""

    wage: Wages
    """Costs of staff."""
    false_alarm: FalseAlarm
    """Costs of false alarms to those who get them."""
    education: Education
    """Costs of education to those who make it."""
    false_block: FalseBlock | None = None
    """Costs of ordinary calls and SMS that filters stop by mistake; without this key they cost nothing."""
    measures: dict[Word, Spending] | None = None
    """What measures cost those who carry them out, by name, on each day of their window; a change of a measure without
    this cost has no price. Unit: money a day or a year. More: the measure costs more; nothing else changes. Example:
    `{filter-sms: 30e6 per year}`"""
