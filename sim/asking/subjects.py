"""What can be asked in everyday words: each lever with its names, and how a question about it is written.

Keys, kinds of measures and policies are found by their own words, too (``sim.asking.search``); here stand the words
that people use instead. The words of a subject are terms with commas between them. A clause is about a subject if it
has all words of a term, in any order; of several subjects the one with the longest term, then the first by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.language.spoken import marked
from sim.scenario.starter import EXAMPLES


@dataclass(frozen=True)
class Level:
    """Numbers of the scenario: they are multiplied, or replaced.

    Attributes:
        keys: Their dotted keys.
        usual: The factor of "more" where a question does not say how much; less is its inverse.
        desks: Names of desks whose staff it is, which provinces can have by themselves.
    """

    keys: tuple[str, ...]
    usual: float = 1.5
    desks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """Measures of a kind: one is added, or those of the base are changed or removed.

    Attributes:
        kind: The kind.
        about: What they are directed at: keys of such measures with their values.
        policies: Bundled policies with such a measure, from which an added one has its values; the first that fits.
        values: Values of an added one, where no policy has it.
        amounts: The keys that say how much.
        usual: What a question without an amount means by "more": a factor of the base's measures.
        time: The key that a time in the question sets.
        dated: Whether a window in the question moves the base's measures instead of adding one.
    """

    kind: str
    about: Mapping[str, Any] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    amounts: tuple[str, ...] = ("intensity",)
    usual: float = 1.5
    time: str = ""
    dated: bool = False


@dataclass(frozen=True)
class Policy:
    """A bundled policy: the first of these that fits the base.

    ``away`` says that it takes something away, so that a question about it must say "without".
    """

    names: tuple[str, ...]
    away: bool = False


@dataclass(frozen=True)
class Fixed:
    """Values of the scenario by their dotted keys; ``time`` is the key that a time in the question sets."""

    values: Mapping[str, Any]
    time: str = ""


Way = Level | Kind | Policy | Fixed
"""How a question about a subject is written."""


@dataclass(frozen=True)
class Subject:
    """A lever in everyday words."""

    name: str
    words: str
    way: Way


TIERS = ("red", "orange", "yellow", "blue")
SMS, CALL = {"channel": "sms"}, {"channel": "call"}
EDUCATION = ("count", "views")
HELD = {"intensity": 0.01}
FILTER_STEP = {"intensity": 0.3}
"""Shift of d' of a better filter, where a question does not say how much."""

SUBJECTS = (
    Subject(
        "officers",
        marked("officers, police, policemen, visit staff, visits staff, visit desk, officers visits, home visits"),
        Level(("desks.visit.staff",), 2.0, desks=("visit",)),
    ),
    Subject(
        "callers",
        marked(
            "call staff, calls staff, phone staff, call desk, callers, dissuaders, operators phone, officers calls, "
            "officers phone, call centre"
        ),
        Level(("desks.call.staff",), 2.0, desks=("call",)),
    ),
    Subject(
        "staff",
        marked("staff, desks, staff desks, personnel, officers calls visits, staff calls visits, workforce"),
        Level(("desks.call.staff", "desks.visit.staff"), 2.0, desks=("call", "visit")),
    ),
    Subject(
        "deadline",
        marked("deadline, deadlines, deadline red alerts, time limit alerts"),
        Level(("warning.tiers.red.deadline",)),
    ),
    Subject("orange-deadline", marked("deadline orange alerts"), Level(("warning.tiers.orange.deadline",))),
    Subject(
        "calls-an-alert",
        marked("tries, calls alert, attempts to reach, phone attempts alert"),
        Level(("warning.tiers.red.tries.call", "warning.tiers.orange.tries.call"), 2.0),
    ),
    Subject(
        "instructions",
        marked("instructions, transmission alerts, alerts arrive, alerts reach desks, hand over alerts, hop delay"),
        Level(("warning.hop_delay.lognormal.median",), 2.0),
    ),
    Subject(
        "persuasion-at-the-door",
        marked("persuasive visits, persuasion visits, visits convince, convincing visits, visits stop"),
        Level(("warning.dissuasion.stop.visit",), 1.1),
    ),
    Subject(
        "persuasion-by-phone",
        marked(
            "persuasive calls, persuasion calls, calls convince, convincing calls, warning calls stop, training callers"
        ),
        Level(("warning.dissuasion.stop.call",), 1.2),
    ),
    Subject(
        "persuasion-by-message",
        marked("persuasive messages, convincing messages, warning messages stop, warning SMS stop"),
        Level(("warning.dissuasion.stop.sms", "warning.dissuasion.stop.app"), 1.5),
    ),
    Subject(
        "alert-fatigue", marked("alert fatigue, fatigue, tired of warnings"), Level(("warning.dissuasion.fatigue",))
    ),
    Subject(
        "answered-warnings",
        marked("answer warning calls, warning calls answered, people answer police, pick up warning calls"),
        Level(("desks.call.answered",), 1.2),
    ),
    Subject(
        "app-users",
        marked("anti fraud app, app users, people with the app, install app, use app, app coverage"),
        Level(("population.app.final_share",), 1.3),
    ),
    Subject(
        "scam-calls",
        marked("scam calls, fraud calls, fraudulent calls, volume of calls"),
        Level(("fraud.volumes.call.level",)),
    ),
    Subject(
        "scam-sms",
        marked("scam SMS, fraud SMS, fraudulent messages, scam messages, smishing"),
        Level(("fraud.volumes.sms.level",)),
    ),
    Subject(
        "scam-contacts",
        marked("online scams, scam contacts online, online attempts, fraud online"),
        Level(("fraud.volumes.online.level",)),
    ),
    Subject(
        "attempts",
        marked("fraud attempts, attempts, attempted fraud, criminals try"),
        Level(tuple(f"fraud.volumes.{channel}.level" for channel in ("call", "sms", "online"))),
    ),
    Subject(
        "reports",
        marked("victims report, reports victims, reporting delay, report police, fast reports, report within"),
        Level(("aftermath.report.delay.lognormal.median",), 2.0),
    ),
    Subject(
        "reporting",
        marked("more victims report, share victims report, victims who report, reporting rate"),
        Level(("aftermath.report.probability",), 1.3),
    ),
    Subject(
        "stop-payment",
        marked("stop payment orders, stop payment, payment orders processed, freeze orders processed"),
        Level(("aftermath.stop_payment.processing.lognormal.median",), 2.0),
    ),
    Subject(
        "investigators",
        marked("investigators, detectives, investigation capacity, cases worked on, investigate cases"),
        Level(("aftermath.investigation.capacity",), 2.0),
    ),
    Subject(
        "laundering-speed",
        marked(
            "money leaves accounts, withdraw money, withdrawal, cash out, launder money, move money, mules withdraw"
        ),
        Level(("accounts.withdrawal_delay.lognormal.median",), 2.0),
    ),
    Subject("mule-accounts", marked("mule accounts, accounts of mules, stock of accounts"), Level(("accounts.stock",))),
    Subject(
        "recruiting",
        marked("gangs recruit, recruiting gangs, recruitment, new members gangs"),
        Level(("gangs.pools.recruiting",)),
    ),
    Subject(
        "memory-of-warnings",
        marked("awareness lasts, people forget, memory, forgetting, awareness half life"),
        Level(("engagement.awareness.half_life",), 2.0),
    ),
    Subject(
        "delayed-transfers",
        marked(
            "delay transfers, transfers delayed, transfers wait, payments wait, delay payments, first transfers, "
            "first payments, cooling off, large transfers, delay large transfers, wait new payee, new payees"
        ),
        Kind("payment_delay", policies=("first-transfers", "transfers-wait"), time="wait"),
    ),
    Subject(
        "bank-holds",
        marked(
            "banks hold, hold payments, payments held, banks stop payments, "
            "banks block payments, banks refuse payments, "
            "bank hold, holds banks, stop payments for good"
        ),
        Kind("bank_hold", values=HELD),
    ),
    Subject(
        "account-freezes",
        marked(
            "freeze accounts, froze accounts, freeze mule accounts, froze mule accounts, "
            "accounts frozen, find accounts, banks find accounts, accounts found, freeze mules, "
            "account freeze, search accounts"
        ),
        Kind("account_freeze", policies=("frozen-within-an-hour",), amounts=("share",), time="after"),
    ),
    Subject(
        "account-purges",
        marked("close accounts, accounts closed, purge accounts, account purge, idle accounts, sold accounts"),
        Kind("account_purge", values={"intensity": 0.02}),
    ),
    Subject(
        "sms-filter",
        marked("SMS filter, filters of SMS, filter messages, filter text messages, block scam SMS, message filter"),
        Kind("filter", SMS, values=FILTER_STEP),
    ),
    Subject(
        "call-filter",
        marked("call filter, filters of calls, filter calls, block scam calls, call blocking, spam call filter"),
        Kind("filter", CALL, values=FILTER_STEP),
    ),
    Subject(
        "weak-filters", marked("weaker filters, worse filters, filters weaker, weak filters"), Policy(("weak-filters",))
    ),
    Subject(
        "calls-from-abroad",
        marked("calls from abroad, foreign calls, international calls, block calls abroad, overseas calls"),
        Policy(("calls-from-abroad",)),
    ),
    Subject(
        "abroad-label",
        marked(
            "label calls abroad, label calls, prefix calls abroad, labelled calls, caller id, mark calls, "
            "label foreign calls, label international calls"
        ),
        Kind("label", {**CALL, "classes": ["abroad"]}, values={"intensity": 0.3}),
    ),
    Subject(
        "sender-registry",
        marked("sender registry, SMS registry, register senders, label SMS, unregistered senders, sender ids"),
        Kind("label", SMS, values={"intensity": 0.3}),
    ),
    Subject(
        "sms-ports",
        marked("SMS ports, bulk SMS, regulate SMS, port regulation, mass messages"),
        Kind("source_regulation", {"target": "sms_port"}, values={"intensity": 0.1}),
    ),
    Subject(
        "voice-lines",
        marked("voice lines, regulate lines, VoIP, internet telephony, voice over IP, simboxes, GoIP"),
        Kind("source_regulation", {"target": "voice_line"}, values={"intensity": 0.1}),
    ),
    Subject(
        "cloud-services",
        marked("cloud services, regulate cloud, hosting services regulated"),
        Kind("source_regulation", {"target": "cloud_service"}, values={"intensity": 0.1}),
    ),
    Subject(
        "blocked-sites",
        marked("block sites, blocked sites, websites, block websites, phishing sites, take down sites, fake sites"),
        Kind("blocking", {"target": "site"}, values={"intensity": 0.9}, usual=1.2),
    ),
    Subject(
        "blocked-apps",
        marked("block apps, fake apps, scam apps, app stores, malicious apps"),
        Kind("blocking", {"target": "app"}, values={"intensity": 0.9}, usual=1.2),
    ),
    Subject(
        "blocked-messenger-accounts",
        marked("block messenger accounts, social media accounts, block chat accounts, messenger, close chat accounts"),
        Kind("blocking", {"target": "account"}, values={"intensity": 0.9}, usual=1.2),
    ),
    Subject(
        "adverts",
        marked("adverts, advertising, block adverts, scam adverts, promotion, advertisements"),
        Kind("blocking", {"target": "promotion"}, values={"intensity": 0.9}, usual=1.2),
    ),
    Subject(
        "card-purge",
        marked("idle cards, purge cards, card purge, eliminate cards, SIM cards, phone cards, sim cards idle"),
        Kind("card_purge", values={"intensity": 0.02}),
    ),
    Subject(
        "real-name",
        marked("real name, registration of cards, real name registration, identity check SIM, register sim cards"),
        Kind("real_name", values={"replacement_factor": 1.5}, amounts=("replacement_factor",)),
    ),
    Subject(
        "videos",
        marked("videos, education videos, clips, films, advertising campaign television, video views"),
        Kind("videos", amounts=EDUCATION, usual=2.0),
    ),
    Subject(
        "activities",
        marked(
            "activities, education, talks, events communities, public education, lectures, courses, awareness campaign"
        ),
        Kind("activities", amounts=("count",), usual=2.0),
    ),
    Subject(
        "den-campaigns",
        marked("raids, campaigns against dens, raid dens, raids dens, den campaign, dens raided"),
        Kind("den_campaign", usual=2.0),
    ),
    Subject(
        "campaigns",
        marked("campaigns, campaigns dens suppliers, campaigns against dens suppliers"),
        Policy(("no-campaigns",), away=True),
    ),
    Subject(
        "cluster-campaigns",
        marked("campaigns suppliers, campaigns laundering, cluster campaigns, campaigns against money laundering"),
        Kind("cluster_campaign", amounts=("count",), usual=2.0),
    ),
    Subject(
        "returns",
        marked("return home, people abroad return, returns abroad, persuade return, come home, returns"),
        Kind("returns", policies=("china-2025-returns",), usual=2.0),
    ),
    Subject(
        "repatriation",
        marked("repatriation, bring home suspects, suspects brought home, raids abroad, raid dens abroad, extradition"),
        Kind("repatriation", values={"dens": 100, "suspects": 1000}, amounts=("suspects", "dens"), usual=2.0),
    ),
    Subject(
        "law",
        marked("law, law against fraud, anti fraud law, legislation, deterrence"),
        Kind("law", amounts=("deterrence",), usual=2.0, dated=True),
    ),
    Subject(
        "central-coverage",
        marked("national centre, coverage national centre, central detector, central coverage, central warnings"),
        Kind("warning", {"detector": "central"}, amounts=("coverage",), usual=1.3),
    ),
    Subject(
        "local-coverage",
        marked("local warnings, local detector, local coverage, warnings of localities, local centres, local alerts"),
        Kind("warning", {"detector": "local"}, amounts=("coverage",), usual=1.3),
    ),
    Subject(
        "warnings",
        marked("warnings, early warning, alerts, warning, early warnings, warning system"),
        Kind("warning", amounts=("coverage",), usual=1.3),
    ),
    Subject(
        "outage",
        marked("outage, centre down, national centre down, centre out, centre fails, centre breaks down, power cut"),
        Kind("outage", policies=("outage",), amounts=(), time="window"),
    ),
    Subject(
        "tighter",
        marked("higher thresholds, tighter thresholds, raise thresholds, fewer false alarms, fewer false alerts"),
        Policy(("tighter",)),
    ),
    Subject(
        "looser",
        marked("lower thresholds, looser thresholds, more sensitive detectors, thresholds lowered"),
        Policy(("looser",)),
    ),
    Subject(
        "night-closed",
        marked("close desks night, closed night, night closed, desks closed night, no night shift, closed at night"),
        Policy(("night-closed",)),
    ),
    Subject(
        "last-issued",
        marked(
            "newest first, newest alert first, serve newest alert first, "
            "last issued first, newest alerts first, most recent alert first"
        ),
        Policy(("last-issued",)),
    ),
    Subject(
        "most-at-stake",
        marked("most money first, most at stake, largest loss first, highest loss first, money at stake"),
        Fixed({"desks.call.discipline": "most_at_stake", "desks.visit.discipline": "most_at_stake"}),
    ),
    Subject(
        "least-slack",
        marked("earliest deadline first, most urgent first, least slack, least time left first"),
        Fixed({"desks.call.discipline": "least_slack", "desks.visit.discipline": "least_slack"}),
    ),
    Subject(
        "phone-first",
        marked("phone first, call first, visit only whom no call reached, phone before visit, visit unanswered"),
        Policy(("phone-first",)),
    ),
    Subject(
        "phone-and-visit",
        marked("visit everybody, meet everybody, phone and visit, visit reached, visit all red"),
        Policy(("phone-and-visit",)),
    ),
    Subject(
        "visit-only",
        marked("visit only, only visits, never phone, only visited"),
        Policy(("visit-only",)),
    ),
    Subject(
        "visited-again",
        marked("visit again, second visit, visited again, visit twice, tell family, inform family, follow up visit"),
        Policy(("visited-again",)),
    ),
    Subject(
        "by-signs",
        marked("signs, visit by signs, transfer under way, remote control, screen sharing, phone remote control"),
        Policy(("red-by-evidence",)),
    ),
    Subject(
        "phone-the-old",
        marked(
            "phone old, phone instead message, call instead message, phone over, "
            "call elderly, phone elderly, phone people of"
        ),
        Policy(("phone-the-old",)),
    ),
    Subject(
        "quiet",
        marked("second alert, second alert within a day, ring twice, repeated alerts, quiet, alert only once a day"),
        Fixed({"warning.quiet": EXAMPLES["warning.quiet"]}, time="warning.quiet"),
    ),
    Subject(
        "lending",
        marked("lend staff, desks help each other, desks share staff, lends, callers help visits"),
        Fixed({"desks.call.lends": True, "desks.visit.lends": True}),
    ),
    Subject(
        "early-alerts",
        marked(
            "alerts earlier, alerts begin earlier, alerts from 2022, banks send SMS earlier, alerts by SMS to payers"
        ),
        Policy(("alerts-from-2022",)),
    ),
    Subject(
        "local-lines",
        marked("local lines, lines terminated, terminate lines, local phone lines"),
        Policy(("local-lines",)),
    ),
)
"""Every subject; of two that fit equally well the first by name is meant."""
