"""Labels as people read them: words of the model, and names that scenarios give, in the language that is spoken.

Names of the bundled scenarios are taken from their files (``sim.language.extract``). A name that has no translation,
such as one of a fraud type that somebody's scenario made up, is shown as it is.
"""

import re

from sim.language.spoken import marked, said

_SMS = "sms"
"""An abbreviation, which people write in capitals."""


def named(label: object) -> str:
    """Return a label, or a name from a scenario, as people read it: ``_`` as a space, SMS in capitals; not escaped."""
    return said(spelled(label))


def spelled(label: object) -> str:
    """Return the English text of a label, whichever language is spoken: what ``named`` translates."""
    return " ".join("SMS" if word == _SMS else word for word in str(label).replace("_", " ").split(" "))


def headed(name: object) -> str:
    """Return the name of a column, or a word in a table, as people read it: as a whole, or part by part."""
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
"""How names of columns are put together, and the texts that say so."""


# Words of the model and choices of measures are not listed here: ``sim.language.extract`` reads them where they are
# declared.
_OUTCOMES = (marked("averted"), marked("episodes"), marked("filed"), marked("payment"))
_ORIGINS = (marked("reported"), marked("evidence"), marked("assumed"), marked("calibrated"))
_POOLS = (marked("country"), marked("other provinces"))
_CURRENCIES = (marked("units of money"),)
"""The name of a currency that a scenario does not state."""
_ROLES = (marked("input"), marked("fitted"), marked("predicted"))
_COSTS = (
    *(marked("call desks"), marked("visit desks"), marked("false alarms by app"), marked("false alarms by SMS")),
    *(marked("false alarms by call"), marked("false alarms by visit")),
)
_GROUPS = (marked("stopped"), marked("absent"))
"""What stopped an attempt, where no gate did by name."""
_QUANTITIES = (
    *(marked("alerts central"), marked("alerts local"), marked("calls intercepted"), marked("SMS intercepted")),
    *(marked("cards eliminated"), marked("cases solved"), marked("cases filed"), marked("suspects arrested")),
    *(marked("ringleaders arrested"), marked("dens destroyed"), marked("cluster campaigns")),
    *(marked("videos published"), marked("video views"), marked("awareness activities"), marked("law in force")),
    *(marked("losses"), marked("loss"), marked("prevented"), marked("recovered")),
    *(marked("suspects arrested change"), marked("cases solved change"), marked("cases filed change")),
    *(marked("losses change"), marked("funds returned money"), marked("funds stopped money")),
)
_EVIDENCE = (
    *(marked("share of cases"), marked("share of losses"), marked("share of victims")),
    *(marked("women among victims"), marked("cases per year"), marked("cases per victim"), marked("loss mean")),
    *(marked("loss median"), marked("loss sigma"), marked("reports within 1h"), marked("reports 1h to 12h")),
    *(marked("reports 12h to 24h"), marked("reports later"), marked("recovered share of losses")),
    *(marked("dropout given engaged"), marked("recall call"), marked("recall SMS")),
    *(marked("false blocks call"), marked("false blocks SMS"), marked("attempts per card day")),
    *(marked("unknown calls answered"), marked("app users"), marked("alert peak to mean")),
    *(marked("alert precision"), marked("alert precision red"), marked("alert precision orange")),
    *(marked("alert precision yellow"), marked("alert precision blue"), marked("alerts on episodes")),
    *(marked("call share of alerts"), marked("visit share of alerts"), marked("warning calls answered")),
    *(marked("calls per staff day"), marked("staff on duty call"), marked("staff on duty visit")),
    *(marked("utilisation call"), marked("utilisation visit"), marked("utilisation peak call")),
    *(marked("utilisation peak visit"), marked("visits per day"), marked("contacts per instruction")),
    *(marked("expired red"), marked("expired orange"), marked("expired yellow"), marked("expired blue")),
    *(marked("reached red"), marked("reached orange"), marked("reached yellow"), marked("reached blue")),
    *(marked("first contact red"), marked("first contact orange"), marked("first contact yellow")),
    *(marked("first contact blue"), marked("local alerts share")),
)
"""Quantities of the model's inside."""
_KEYS = (
    *(marked("replacement factor"), marked("deterrence"), marked("data sharing"), marked("count"), marked("arrests")),
    *(marked("views"), marked("people"), marked("segments"), marked("dens"), marked("suspects"), marked("ramp")),
    *(marked("midpoint"), marked("width"), marked("floor"), marked("weekdays"), marked("start"), marked("end")),
    marked("share"),
)
"""Keys of measures, growth and shifts, which ``sim.scenario.lever_words`` tells with their values."""
_COLUMNS = (
    *(marked("quantity"), marked("window"), marked("known to be"), marked("within"), marked("basis")),
    *(marked("month"), marked("figure"), marked("reported"), marked("ratio"), marked("role")),
    *(marked("value"), marked("low prices"), marked("high prices"), marked("scenario"), marked("base")),
    *(marked("other"), marked("difference"), marked("chance"), marked("difference or ratio")),
    *(marked("within prices"), marked("95%, replicates"), marked("by base"), marked("where"), marked("seen")),
    *(marked("d'"), marked("tier"), marked("channel"), marked("source"), marked("deadline"), marked("waits")),
    *(marked("issued"), marked("share"), marked("alerts"), marked("attempts"), marked("hours"), marked("from")),
    *(marked("heard"), marked("per 1,000 people"), marked("who"), marked("harmed"), marked("net")),
    *(marked("fate"), marked("age"), marked("sex"), marked("people"), marked("type"), marked("province")),
    *(marked("where it ended"), marked("key"), marked("origin"), marked("range"), marked("phase")),
    *(marked("seconds"), marked("number"), marked("mean"), marked("95% interval of the mean")),
    *(marked("lowest"), marked("highest"), marked("day")),
)
"""Names of columns, which ``headed`` translates; they are English in every DataFrame."""
_PHASES = (
    *(marked("start"), marked("prepare"), marked("midnights"), marked("events"), marked("record"), marked("tables")),
    *(marked("figures"), marked("sync"), marked("attempts"), marked("contacts"), marked("alerts")),
)
"""Phases of a run, of which the seconds are told."""
