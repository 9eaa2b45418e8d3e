"""Labels as people read them: words of the model, and names in scenarios, in the language that is spoken.

``sim.cli.extract`` takes the words of the model from its enumerations, and names from the bundled scenarios; what
follows here is all other labels. A name without a translation, such as that of a user's fraud type, is shown unchanged.
"""

import re

from sim.language.spoken import marked, said

_SMS = "sms"
"""An abbreviation that is written in capitals."""


def named(label: object) -> str:
    """Return a label, or a name from a scenario: ``_`` as a space, SMS in capitals; not escaped."""
    return said(spelled(label))


def evidence_named(name: str) -> str:
    """Return a quantity of the evidence: ``share_of_cases.loan_credit`` as ``share of cases: loan credit``."""
    whole, _, part = name.partition(".")
    return said("{whole}: {part}", whole=named(whole), part=named(part)) if part else named(whole)


def spelled(label: object) -> str:
    """Return the English text of a label, which ``named`` translates."""
    return " ".join("SMS" if word == _SMS else word for word in str(label).replace("_", " ").split(" "))


def headed(name: object) -> str:
    """Return the name of a column, or a word in a table, translated as a whole or part by part."""
    text = " ".join("SMS" if word == _SMS else word for word in str(name).split(" "))
    whole = said(text)
    if whole != text:
        return whole
    for pattern, form in _COMPOUND.items():
        match = pattern.fullmatch(text)
        if match is not None:
            return said(form, **{part: headed(own) for part, own in match.groupdict().items()})
    return text


_COMPOUND = {
    re.compile(r"(?P<what>.+) per 100,000"): marked("{what} per 100,000"),
    re.compile(r"(?P<what>.+) \(share\)"): marked("{what} (share)"),
    re.compile(r"(?P<what>[^,]+), (?P<which>.+)"): marked("{what}, {which}"),
}
"""Patterns of composed names of columns, and their texts."""


_ORIGINS = (marked("reported"), marked("evidence"), marked("assumed"), marked("calibrated"))
_ROLES = (marked("input"), marked("fitted"), marked("predicted"), marked("context"))
_OUTCOMES = (marked("averted"), marked("episodes"), marked("filed"), marked("stopped"), marked("absent"))
_POOLS = (marked("country"), marked("other provinces"))
_CURRENCIES = (marked("units of money"),)
"""Stands for a currency that a scenario does not name."""
_COSTS = (
    *(marked("call desks"), marked("visit desks"), marked("false alarms by app")),
    *(marked("transfers delayed"), marked("transfers held by mistake"), marked("calls by banks")),
    *(marked("ordinary calls stopped"), marked("ordinary SMS stopped")),
)
_QUANTITIES = (
    *(marked("law in force"), marked("loss"), marked("prevented"), marked("recovered")),
    *(marked("suspects arrested change"), marked("cases solved change"), marked("cases filed change")),
    *(marked("losses change"), marked("funds stopped money"), marked("funds returned money")),
)
_EXPERIMENTS = (
    *(marked("all"), marked("still"), marked("answering"), marked("unchanged")),
    *(marked("false alarms"), marked("false blocks"), marked("staff hours"), marked("seed"), marked("scale")),
    *(marked("age band"), marked("fraud type"), marked("payment")),
)
"""Stances, states and columns of experiments."""
_KEYS = (
    *(marked("replacement factor"), marked("deterrence"), marked("data sharing"), marked("count"), marked("arrests")),
    *(marked("views"), marked("people"), marked("segments"), marked("dens"), marked("suspects"), marked("ramp")),
    *(marked("members"), marked("arrested")),
    *(marked("midpoint"), marked("width"), marked("floor"), marked("weekdays"), marked("start"), marked("end")),
    *(marked("share"), marked("above"), marked("payee"), marked("ages"), marked("wait"), marked("second thoughts")),
    *(marked("bank call"), marked("after"), marked("stops"), marked("release"), marked("false share")),
)
"""Keys of measures, growth and shifts, which ``sim.scenario.lever_words`` shows with their values."""
_COLUMNS = (
    *(marked("quantity"), marked("window"), marked("within"), marked("basis")),
    *(marked("month"), marked("figure"), marked("reported"), marked("ratio"), marked("role")),
    *(marked("value"), marked("low prices"), marked("high prices"), marked("scenario")),
    *(marked("difference"), marked("difference or ratio"), marked("where"), marked("seen")),
    *(marked("d'"), marked("tier"), marked("channel"), marked("deadline"), marked("waits")),
    *(marked("issued"), marked("share"), marked("alerts"), marked("attempts"), marked("hours")),
    *(marked("heard"), marked("per 1,000 people"), marked("who"), marked("harmed"), marked("net")),
    *(marked("fate"), marked("age"), marked("sex"), marked("people"), marked("type"), marked("province")),
    *(marked("where it ended"), marked("key"), marked("origin"), marked("range"), marked("phase")),
    *(marked("logit normal"), marked("triangular"), marked("flat")),
    *(marked("seconds"), marked("day")),
)
"""Names of columns, which ``headed`` translates; in DataFrames they are English."""
_PHASES = (
    *(marked("start"), marked("prepare"), marked("midnights"), marked("events"), marked("record"), marked("tables")),
    *(marked("figures"), marked("sync"), marked("attempts"), marked("contacts"), marked("alerts")),
)
"""Phases of a run, which are timed."""
