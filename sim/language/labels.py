"""Labels as people read them: words of the model, and names that scenarios give, in the language that is spoken.

A name that has no translation, such as one of a fraud type that somebody's scenario made up, is shown as it is.
"""

import re

from sim.language.spoken import marked, said

SMS = "sms"
"""An abbreviation, which people write in capitals."""


def named(label: object) -> str:
    """Return a label, or a name from a scenario, as people read it: ``_`` as a space, SMS in capitals; not escaped."""
    return said(spelled(label))


def spelled(label: object) -> str:
    """Return the English text of a label, whichever language is spoken: what ``named`` translates."""
    return " ".join("SMS" if word == SMS else word for word in str(label).replace("_", " ").split(" "))


def headed(name: object) -> str:
    """Return the name of a column, or a word in a table, as people read it: as a whole, or part by part."""
    text = " ".join("SMS" if word == SMS else word for word in str(name).split(" "))
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


CHANNELS = (marked("call"), marked("SMS"), marked("online"), marked("app"), marked("visit"))
FATES = (
    *(marked("not sent"), marked("den destroyed"), marked("card eliminated"), marked("intercepted")),
    *(marked("site blocked"), marked("unanswered"), marked("ignored"), marked("engaged")),
)
TIERS = (marked("red"), marked("orange"), marked("yellow"), marked("blue"))
DETECTORS = (marked("central"), marked("local"))
ENDS = (
    *(marked("reached"), marked("unread"), marked("expired"), marked("superseded"), marked("moot"), marked("open")),
    *(marked("saved"), marked("dropped out"), marked("held"), marked("victims"), marked("episodes"), marked("filed")),
)
ORIGINS = (marked("reported"), marked("evidence"), marked("assumed"), marked("calibrated"))
TRUTHS = (marked("episode"), marked("legitimate"), marked("backlog"), marked("attempt"))
RESULTS = (
    *(marked("delivered"), marked("read"), marked("answered"), marked("no answer"), marked("met"), marked("not met")),
)
DISCIPLINES = (
    *(marked("first issued"), marked("last issued"), marked("least slack"), marked("highest score")),
    marked("most at stake"),
)
STAGES = (marked("contact"), marked("opened"), marked("first payment"))
REGIONS = (
    *(marked("east"), marked("south"), marked("elsewhere"), marked("overseas"), marked("north"), marked("northeast")),
    *(marked("northwest"), marked("southwest"), marked("China")),
)
SEGMENTS = (marked("schools"), marked("enterprises"), marked("rural areas"), marked("communities"))
SEXES = (marked("f"), marked("m"))
ROLES = (marked("input"), marked("fitted"), marked("predicted"))
COSTS = (
    *(marked("call desks"), marked("visit desks"), marked("videos"), marked("activities")),
    *(marked("false alarms by app"), marked("false alarms by SMS"), marked("false alarms by call")),
    marked("false alarms by visit"),
)
GROUPS = (marked("stopped"), marked("absent"))
"""What stopped an attempt, where no gate did by name."""
FRAUD_TYPES = (
    *(marked("brushing"), marked("customer service"), marked("loan credit"), marked("police impersonation")),
    *(marked("romance investment"), marked("acquaintance"), marked("gaming"), marked("other")),
)
PROVINCES = (
    *(marked("Beijing"), marked("Tianjin"), marked("Hebei"), marked("Shanxi"), marked("Inner Mongolia")),
    *(marked("Liaoning"), marked("Jilin"), marked("Heilongjiang"), marked("Shanghai"), marked("Jiangsu")),
    *(marked("Zhejiang"), marked("Anhui"), marked("Fujian"), marked("Jiangxi"), marked("Shandong"), marked("Henan")),
    *(marked("Hubei"), marked("Hunan"), marked("Guangdong"), marked("Guangxi"), marked("Hainan"), marked("Chongqing")),
    *(marked("Sichuan"), marked("Guizhou"), marked("Yunnan"), marked("Tibet"), marked("Shaanxi"), marked("Gansu")),
    *(marked("Qinghai"), marked("Ningxia"), marked("Xinjiang")),
)
"""Provinces of the bundled scenarios: names of places are written otherwise in other languages."""
QUANTITIES = (
    *(marked("alerts central"), marked("alerts local"), marked("calls intercepted"), marked("SMS intercepted")),
    *(marked("cards eliminated"), marked("cases solved"), marked("cases filed"), marked("suspects arrested")),
    *(marked("ringleaders arrested"), marked("dens destroyed"), marked("cluster campaigns")),
    *(marked("videos published"), marked("video views"), marked("awareness activities"), marked("law in force")),
    *(marked("losses"), marked("loss"), marked("prevented"), marked("recovered")),
    *(marked("suspects arrested change"), marked("cases solved change"), marked("cases filed change")),
    marked("losses change"),
)
