"""The tables that a run stores, each declared once: its columns, their types, units, labels and bins.

Everything else derives from these declarations: the Parquet files and their check, the recorder's sums, the dense
arrays of the vector engine, and the site's page of tables. A new key of a table needs its declaration, and a line of
counting in each engine.
"""

from dataclasses import dataclass
from typing import Literal

from sim.base import words
from sim.base.days import DELAY_BINS, HALF_HOURS, LOSS_BINS, WAIT_BINS, Bins
from sim.base.words import Channel, Outcome
from sim.store.columns import Column, StoredTable


@dataclass(frozen=True)
class Quantity:
    """A quantity of the tables ``flows`` and ``state``.

    Its rows are ``of`` provinces, of the nation (province null), or of both. A ``whole`` quantity is never sampled and
    so never scaled up: dens, ringleaders and measures.
    """

    name: str
    meaning: str
    of: Literal["province", "nation", "either"]
    unit: str
    whole: bool = False


FLOW_QUANTITIES = (
    Quantity("cards_flagged", "cards eliminated because they were used", "province", "cards"),
    Quantity("cards_eliminated", "cards eliminated because they were used, or idle in a purge", "province", "cards"),
    Quantity("accounts_frozen", "accounts of mules frozen for cases, found by banks or purged", "province", "accounts"),
    Quantity("false_freezes", "accounts of honest people frozen by mistake", "province", "accounts"),
    Quantity("dens_destroyed", "dens raided, including repatriations", "nation", "dens", whole=True),
    Quantity("dens_reopened", "dens that have reopened", "nation", "dens", whole=True),
    Quantity("dens_campaign", "dens raided because of regional campaigns", "nation", "dens", whole=True),
    Quantity("returned", "people who returned from abroad", "nation", "people", whole=True),
    Quantity("ringleaders_arrested", "ringleaders arrested", "nation", "people", whole=True),
    Quantity(
        "suspects_arrested",
        "suspects arrested: of dens and campaigns (nation), of cases and cards (province)",
        "either",
        "people",
    ),
    Quantity("callers_arrested", "suspects arrested who called people", "either", "people"),
    Quantity("accounts_arrested", "suspects arrested who provided cards or accounts", "either", "people"),
    Quantity("couriers_arrested", "suspects arrested who carried or laundered money", "either", "people"),
    Quantity("suspects_settled", "suspects arrested as counted, some of them only in December", "either", "people"),
    Quantity("cases_solved", "cases solved", "province", "cases"),
    Quantity("cases_settled", "cases solved as counted, some of them only in December", "province", "cases"),
    Quantity("cases_closed", "cases closed unsolved", "province", "cases"),
    Quantity("false_blocks_call", "legitimate calls that the filter blocks", "province", "calls"),
    Quantity("false_blocks_sms", "legitimate SMS that the filter blocks", "province", "SMS"),
    Quantity("transfers_delayed", "legitimate transfers that a bank delays", "province", "transfers"),
    Quantity("transfers_released", "of these, released before their time", "province", "transfers"),
    Quantity("transfers_called", "of these, phoned about by the bank", "province", "transfers"),
    Quantity("false_holds", "legitimate transfers that a bank stops by mistake", "province", "transfers"),
    Quantity("video_views", "views of videos", "nation", "views", whole=True),
    Quantity("videos_published", "videos published", "nation", "videos", whole=True),
    Quantity("awareness_activities", "activities that raise awareness", "province", "activities", whole=True),
    Quantity("cluster_campaigns", "cluster campaigns", "nation", "campaigns", whole=True),
)
"""Counts of the midnight of a day."""

_IN_WORDS = {Channel.CALL: "calls", Channel.SMS: "SMS"}
ATTEMPTS_OF = {channel.label: _IN_WORDS.get(channel, f"{channel.label} attempts") for channel in Channel}
"""Names of the attempts of each channel."""

STATE_QUANTITIES = (
    Quantity("backlog", "cases filed that are neither solved nor closed", "province", "cases"),
    Quantity("leads", "leads that raids on dens can use", "nation", "leads"),
    Quantity("cards_active", "cards at work", "province", "cards"),
    Quantity("cards_waiting", "eliminated cards waiting for replacement", "province", "cards"),
    Quantity("accounts_working", "accounts of mules at work", "province", "accounts"),
    Quantity("accounts_waiting", "frozen accounts of mules waiting for replacement", "province", "accounts"),
    Quantity("awareness", "mean awareness of the segments", "province", "share"),
    Quantity("coverage_central", "share of contacts that the central detector sees", "province", "share"),
    Quantity("coverage_local", "share of contacts that the local detector sees", "province", "share"),
    Quantity("d_prime_call", "d' of the filter of calls", "province", "standard deviations"),
    Quantity("d_prime_sms", "d' of the filter of SMS", "province", "standard deviations"),
    Quantity("dens_raided", "dens raided and not reopened yet", "nation", "dens"),
    Quantity("gangs_home", "members of gangs at home", "nation", "people"),
    Quantity("gangs_abroad", "members of gangs abroad", "nation", "people"),
    Quantity("crews", "mean crew of dens as a share of a full crew, weighted by their size", "nation", "share"),
    *(
        Quantity(f"effort_{channel}", f"factor of the stated {of} that gangs make", "nation", "factor")
        for channel, of in ATTEMPTS_OF.items()
    ),
    *(
        Quantity(f"yield_{channel}", f"yield of {of} as learned by gangs", "nation", "share")
        for channel, of in ATTEMPTS_OF.items()
    ),
    Quantity("app_adoption", "share of internet users who have the app", "nation", "share"),
    Quantity("line_call", "queue of alerts at the call desk, mean of the day", "province", "alerts"),
    Quantity("line_visit", "queue of alerts at the visit desk, mean of the day", "province", "alerts"),
)
"""Levels of the macro state after the midnight of a day; queues as the mean of the day."""

OUTCOME_MEANINGS = {
    Outcome.EPISODES: "episodes begun, on the day of their attempt",
    Outcome.SAVED: "episodes that a warning stopped before any payment, on the day of the stop",
    Outcome.DROPPED_OUT: "episodes that the person left before any payment, on the day of the skipped stage",
    Outcome.VICTIMS: "episodes with a payment, on the day of the first",
    Outcome.FILED: "cases filed, on the day of filing",
    Outcome.LOSS_CENTS: "payments of all victims, on the day of each",
    Outcome.FILED_LOSS_CENTS: "payments of episodes with a filed case, on the day of filing",
    Outcome.PREVENTED_CENTS: "payments that a warning prevented, on the day of the stop",
    Outcome.RECOVERED_CENTS: "payments that stop-payment orders recovered, on the day of the report",
    Outcome.HELD: "episodes that ended at a bank before any payment: held, or cancelled while a transfer waited",
    Outcome.HELD_CENTS: "payments that were kept at a bank: held, or cancelled while a transfer waited, on that day",
    Outcome.AVERTED: "episodes of `saved` in which the person would have paid unwarned, on the day of the stop",
}
"""Meaning of each measure of outcomes."""


def _count(of: str) -> Column:
    return Column("count", "integer", f"Number of {of}.", of, key=False)


def _milliseconds(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning, "ms", key=False)


def _outcome(outcome: Outcome) -> Column:
    meaning = OUTCOME_MEANINGS.get(outcome, outcome.label)
    unit = "cents" if outcome.label.endswith("_cents") else meaning.split()[0]
    return Column(outcome.label, "integer", f"{meaning[0].upper()}{meaning[1:]}.", unit, key=False)


def _bin(name: str, meaning: str, unit: str, bins: Bins) -> Column:
    return Column(name, "bin", meaning, unit, bins=bins, nullable=bins.open_ended)


def _day(meaning: str) -> Column:
    return Column("day", "day", meaning)


def _month(meaning: str) -> Column:
    return Column("month", "month", meaning)


def _province(meaning: str, nullable: bool = False) -> Column:
    return Column("province", "province", meaning, nullable=nullable)


OF_PERSON = "Province of the person."
OF_ATTEMPT = "Province of the attempt and its person."
OR_NATION = "Province; null for the whole nation."

FRAUD_TYPE = Column("fraud_type", "label", "Fraud type of the scenario.", labels="fraud_types")
TIER = Column("tier", "label", "Tier of the alert.", labels=words.Tier.labels())
TRUTH = Column("truth", "label", "True cause of the alert.", labels=words.Truth.labels())
CONTACT_CHANNEL = Column("channel", "label", "Channel of the contact.", labels=words.ContactChannel.labels())
DESK = Column(
    "channel",
    "label",
    "Desk.",
    labels=words.ContactChannel.labels(),
    codes=range(int(words.DESKS[0]), int(words.DESKS[-1]) + 1),
)

ATTEMPTS = StoredTable(
    "attempts",
    "Potential attempts by the gate that stopped them.",
    (
        _day("Day on which the attempt would arrive."),
        _province(OF_ATTEMPT),
        Column("channel", "label", "Channel of the attempt.", labels=Channel.labels()),
        FRAUD_TYPE,
        Column("fate", "label", "Gate that stopped it, or `engaged`.", labels=words.Fate.labels()),
        _count("attempts"),
    ),
)

ALERTS = StoredTable(
    "alerts",
    "Alerts issued, each counted once.",
    (
        _day("Day of issue."),
        _province(OF_PERSON),
        Column("source", "label", "Detector that raised it.", labels=words.Detector.labels()),
        TIER,
        TRUTH,
        Column("end", "label", "How it ended; `open` if the run ended first.", labels=words.End.labels()),
        _count("alerts"),
    ),
    late=None,
)

CONTACTS = StoredTable(
    "contacts",
    "Contacts with which alerts tried to reach people: each message, call and visit.",
    (
        _day("Day of reading or giving up; of delivery for `delivered` messages, of the end for services."),
        _province(OF_PERSON),
        TIER,
        CONTACT_CHANNEL,
        Column("result", "label", "Result of the contact.", labels=words.ContactResult.labels()),
        TRUTH,
        _count("contacts"),
        _milliseconds("staff_ms", "Duration of the services; 0 for messages."),
    ),
    late=None,
)

WAITS = StoredTable(
    "waits",
    "Waits from issue to reading, and from joining the queue of a desk to the start of service.",
    (
        _month("Month of reading or of the start of service."),
        _province(OF_PERSON),
        TIER,
        CONTACT_CHANNEL,
        _bin("bin", "Bin of the wait: its upper edge, a power of two of a minute, in ms.", "ms", WAIT_BINS),
        _count("waits"),
    ),
    late=1,
)

FIRST_CONTACTS = StoredTable(
    "first_contacts",
    "Alerts by the time from detection to their first call or visit; each at most once.",
    (
        _month("Month of the first call or visit."),
        _province(OF_PERSON),
        TIER,
        _bin("bin", "Bin of the time since the instruction left the detector: its upper edge, in ms.", "ms", WAIT_BINS),
        _count("alerts"),
    ),
    late=1,
)

HOURS = StoredTable(
    "hours",
    "Staff time of the desks.",
    (
        _month("Month."),
        _province("Province of the desk."),
        DESK,
        Column("weekday", "weekday", "Day of the week, Monday 1 to Sunday 7."),
        Column("half_hour", "integer", "Half hour of the day, from 0.", narrow="int8", codes=range(HALF_HOURS)),
        _milliseconds("busy_ms", "Time of services within the half hour, up to the end of the run."),
        _milliseconds("staffed_ms", "Seats on duty times 30 minutes."),
    ),
    late=1,
)

OUTCOMES = StoredTable(
    "outcomes",
    "Episodes and their outcomes.",
    (
        _day("Day of the counted event."),
        _province(OF_PERSON),
        FRAUD_TYPE,
        Column("age_band", "label", "Age band of the person.", labels="age_bands"),
        Column("sex", "label", "Sex of the person.", labels=words.Sex.labels()),
        *(_outcome(outcome) for outcome in Outcome),
    ),
    late=1,
)

CASES = StoredTable(
    "cases",
    "Cases filed, by the delay of the report and the loss.",
    (
        _month("Month of filing."),
        _province(OF_PERSON),
        FRAUD_TYPE,
        _bin(
            "delay_bin",
            "Bin of the delay from the end of the episode to the report: its upper edge; null above the last.",
            "ms",
            DELAY_BINS,
        ),
        _bin(
            "loss_bin",
            "Bin of the episode's total payments: its upper edge, a power of two of one {currency}, in cents.",
            "cents",
            LOSS_BINS,
        ),
        _count("cases"),
    ),
    late=1,
)

FILINGS = StoredTable(
    "filings",
    "Cases filed, by the way of the first contact.",
    (
        _day("Day of filing."),
        _province(OF_PERSON),
        Column("contact", "label", "Channel of the attempt, or class of its numbers or accounts.", labels="contacts"),
        FRAUD_TYPE,
        _count("cases"),
    ),
    late=1,
)

FLOWS = StoredTable(
    "flows",
    "Counts of midnights, each in exactly one row: of a province or of the nation.",
    (
        _day("Day whose midnight counted them."),
        _province(OR_NATION, nullable=True),
        Column("quantity", "text", "Counted quantity.", labels=tuple(flow.name for flow in FLOW_QUANTITIES)),
        Column("count", "integer", "Count of the quantity.", "of the quantity", key=False),
    ),
    late=1,
)

STATE = StoredTable(
    "state",
    "Levels of the macro state.",
    (
        _day("Day."),
        _province(OR_NATION, nullable=True),
        Column("quantity", "text", "Measured quantity.", labels=tuple(level.name for level in STATE_QUANTITIES)),
        Column("value", "real", "Level, as simulated.", "of the quantity", key=False, repeats=False),
    ),
    late=1,
)

EVENTS = StoredTable(
    "events",
    "The log: one row per event, only in runs that record events.",
    (
        Column("moment", "integer", "Moment, from the start of the period.", "ms", repeats=False),
        Column("phase", "integer", "Phase within the tick, in order.", narrow="int8"),
        Column("event", "label", "Kind of event.", labels=words.Event.labels()),
        _province(OF_PERSON),
        Column("origin", "integer", "Identity of the attempt or legitimate contact behind the event.", repeats=False),
        Column("detector", "integer", "Detector of the alert: central 0, local 1.", nullable=True, narrow="int8"),
        Column("stage", "integer", "Stage of the episode.", nullable=True, narrow="int8"),
        Column("number", "integer", "Number of the try, from 0.", nullable=True, narrow="int32"),
        Column("channel", "label", "Channel.", key=False, nullable=True, labels=words.EVENT_CHANNELS),
        Column("tier", "label", "Tier of the alert.", key=False, nullable=True, labels=words.Tier.labels()),
        Column("result", "label", "Result of the event.", key=False, nullable=True, labels=words.EVENT_RESULTS),
        Column("person", "integer", "Number of the person within the province.", key=False, nullable=True),
        Column(
            "value",
            "integer",
            "Predicted fraud type of an issue, ms of a service, cents of a payment or recovered by a report.",
            key=False,
            nullable=True,
            repeats=False,
        ),
    ),
    sorted_by=("moment", "phase", "origin", "stage", "detector", "event", "number"),
)

SCENARIO_LISTS = {
    "fraud_types": "the fraud types of the scenario",
    "age_bands": "the age bands of the scenario",
    "contacts": "the channels of the scenario; `call.abroad` where `fraud.classes` has a class `abroad` of calls",
}
"""Lists of labels that each scenario has its own of, by the attribute of the scope."""

TABLES = {
    table.name: table
    for table in (
        *(ATTEMPTS, ALERTS, CONTACTS, WAITS, FIRST_CONTACTS, HOURS, OUTCOMES, CASES, FILINGS),
        *(FLOWS, STATE, EVENTS),
    )
}
"""Every table by name."""

COUNTED = tuple(table for table in TABLES.values() if not table.is_log)
"""The tables of sums, which every run stores."""
