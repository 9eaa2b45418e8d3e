"""Switch each system of the shield off, and double it, as a table in Markdown: ``python -m benchmarks.systems``.

A scenario is run with pooled provinces at a small scale, once for each seed: as it is, with each system off, and with
each doubled. The last two systems are not of the shield: how gangs respond to filters, by retries and by displacement.
Where gangs answer what attempts yield, every run is made with gangs that stand still and with gangs that answer. Each
row shows the change in per cent of victims, losses and the system's own figure, paired by seed. ``--write
docs/mechanism.md`` puts the table between the markers of that document.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, stdev
from typing import Any, Final

from benchmarks.documents import write_into
from benchmarks.mechanism import asked_for, loaded, made, options
from sim.base.words import Detector
from sim.draws.functions import normal_cdf, normal_quantile
from sim.experiments.gangs import stances_of, standing
from sim.experiments.intervals import half_width
from sim.reading.outcomes import Outcome
from sim.reading.run import Run
from sim.scenario import Scenario, changed
from sim.scenario.bounds import Lengthening, Probability, Retried, bounds_of
from sim.scenario.load import as_pooled
from sim.scenario.prefix import digest_of_results
from sim.scenario.schema.gangs import Pools
from sim.scenario.units import rate_text
from sim.shield.gate import NEVER

Values = Mapping[str, Any]
"""Values by dotted key."""

Change = Callable[[Scenario], Values]
"""Returns what changes a scenario."""

Found = Callable[[Scenario], Mapping[str, Any]]
"""Returns some of the measures of a scenario, by name."""

MARKER: Final = "systems"
"""The name of the markers around the table."""

OFF, DOUBLED = "off", "doubled"

LAW_UNTIL: Final = date(2023, 5, 31)
"""The last day of the runs about the law, half a year in force, where a scenario's period has hardly a day of it."""

LAW_DAYS: Final = 150
"""Days in force of the period from which on a scenario's own period will do for the law."""

NOTHING: Final = "none"
"""What a cell says where the scenario has nothing of a system."""

BROUGHT_HOME: Final = 0.1
"""Share of the gangs abroad at the start whom a repatriation brings home that is added where a scenario has none."""

FATE: Final = "attempts_by_fate."
"""How the names of totals begin that count attempts by their fate."""


@dataclass(frozen=True)
class System:
    """A system of the shield.

    Attributes:
        name: Of its two rows.
        own: The quantity that it is there for: a figure, or a total with a dot in its name.
        off: Returns the values by dotted key of a scenario without it.
        doubled: Returns those of a scenario with twice of it.
        says: What is doubled.
        world: Returns the values of the scenario that both are beside, where that is not the scenario as it is.
        of_crews: The quantity that it is there for where gangs are crews of dens, if it is another one.
    """

    name: str
    own: str
    off: Change
    doubled: Change
    says: str
    world: Change = lambda _: {}
    of_crews: str | None = None

    def owns(self, scenario: Scenario) -> str:
        """Return the quantity that it is there for in a scenario."""
        return self.own if self.of_crews is None or pools_of(scenario) else self.of_crews


def pools_of(scenario: Scenario) -> Pools | None:
    """Return the pools of gangs of a scenario; None where gangs are crews of dens."""
    return None if scenario.spec.gangs is None else scenario.spec.gangs.pools


def measures(kind: str, **attributes: str | None) -> Found:
    """Return what finds the measures of a kind with these attributes in a scenario, by name."""

    def find(scenario: Scenario) -> dict[str, Any]:
        return {
            name: measure
            for name, measure in scenario.spec.measures.items()
            if measure.kind == kind and all(getattr(measure, key) == value for key, value in attributes.items())
        }

    return find


def twice(number: float) -> float:
    """Return a number doubled."""
    return 2 * number


def twice_share(share: float) -> float:
    """Return a share or a probability doubled, cut at 1."""
    return min(2.0 * share, bounds_of(Probability).high)


def twice_again(share: float) -> float:
    """Return a share that is sent again doubled, cut below 1."""
    return min(2.0 * share, bounds_of(Retried).high)


def twice_longer(factor: float) -> float:
    """Return a factor of lengthening that adds twice as much to 1."""
    return min(1.0 + 2.0 * (factor - 1.0), bounds_of(Lengthening).high)


def twice_rate(rate: float) -> str:
    """Return a rate a day doubled, as scenarios write it."""
    return rate_text(2.0 * rate)


def none(_: float) -> float:
    """Return 0."""
    return 0.0


def unchanged(_: float) -> float:
    """Return the factor that lengthens nothing."""
    return 1.0


def never(_: float) -> str:
    """Return a rate of 0, as scenarios write it."""
    return rate_text(0.0)


def of_measures(find: Found, **how: Callable[[Any], Any]) -> Change:
    """Return what changes these keys of measures, each as said."""
    return lambda scenario: {
        f"measures.{name}.{key}": change(getattr(measure, key))
        for name, measure in find(scenario).items()
        for key, change in how.items()
        if getattr(measure, key) is not None  # of a key that is not given there is nothing to take away or to double
    }


def of_keys(how: Mapping[str, Callable[[Any], Any]]) -> Change:
    """Return what changes these dotted keys of a scenario, each as said."""
    return lambda scenario: {key: change(_at(scenario, key)) for key, change in how.items()}


def _at(scenario: Scenario, key: str) -> Any:
    found: Any = scenario.spec
    for part in key.split("."):
        found = getattr(found, part)
    return found


def without(find: Found) -> Change:
    """Return what leaves measures out."""
    return lambda scenario: {f"measures.{name}": None for name in find(scenario)}


def together(*changes: Change) -> Change:
    """Return what makes all of these changes."""
    return lambda scenario: {key: value for change in changes for key, value in change(scenario).items()}


def more_odds(channel: str) -> Change:
    """Return what raises the d' of a filter so that the odds of an interception double.

    The odds are those of a type and a class of numbers without offset, with all measures of the channel in full force
    and no loss of d' to adaptation; the threshold stays, and false blocks with it.
    """

    def change(scenario: Scenario) -> Values:
        own = getattr(scenario.spec.interception, channel)
        above = own.d_prime - own.threshold
        above += sum(one.intensity for one in measures("filter", channel=channel, classes=None)(scenario).values())
        recall = normal_cdf(above)
        more = normal_quantile(2.0 * recall / (1.0 + recall)) - above
        return {f"interception.{channel}.d_prime": round(own.d_prime + more, 6)}

    return change


def in_force(scenario: Scenario) -> Values:
    """Return the period to ``LAW_UNTIL``, where that of the scenario has less than ``LAW_DAYS`` of its law."""
    end = scenario.spec.period.end
    first = [one.window[0] for one in measures("law")(scenario).values()]
    if not first or end >= LAW_UNTIL or (end - min(first)).days >= LAW_DAYS:
        return {}
    return {"period.end": LAW_UNTIL.isoformat()}


def of_usual_raids(change: Callable[[float], str]) -> Change:
    """Return what changes the rates of raids without campaigns: of removal from a pool, or of raids on each den."""

    def values(scenario: Scenario) -> Values:
        pools, hazard = pools_of(scenario), scenario.spec.dens.hazard
        if pools:
            return {"gangs.pools.removed.home": change(pools.removed.home)}
        rates = {**hazard.by_region, "per_lead": hazard.per_lead or 0.0}
        return {f"dens.hazard.{key}": change(rate) for key, rate in rates.items()}

    return values


def of_retries(**how: Callable[[float], float]) -> Change:
    """Return what changes these keys of the retries of each channel, each as said."""
    return lambda scenario: {
        f"fraud.retry.{channel}.{key}": change(getattr(own, key))
        for channel, own in scenario.spec.fraud.retry or ()
        if own
        for key, change in how.items()
    }


def without_retries(scenario: Scenario) -> Values:
    """Return what leaves retries out."""
    return {"fraud.retry": None} if scenario.spec.fraud.retry else {}


def brought_home(scenario: Scenario) -> Values:
    """Return twice the suspects of repatriations, or, where there is none, one a third into the period."""
    find = measures("repatriation")
    if find(scenario):
        return of_measures(find, dens=twice, suspects=twice)(scenario)
    period, pools, own = scenario.spec.period, pools_of(scenario), scenario.spec.dens
    day = period.start + timedelta(days=(period.end - period.start).days // 3)
    *_, abroad = own.regions.values()
    crew, there = (pools.crew, pools.members * pools.abroad / pools.crew) if pools else (own.crew, own.slots * abroad)
    dens = max(1, round(BROUGHT_HOME * there))
    added = {"kind": "repatriation", "window": [day.isoformat(), None], "dens": dens, "suspects": round(dens * crew)}
    return {"measures.brought-home": added}


def _of_warnings_and_networks() -> Iterator[System]:
    for detector in Detector.labels():
        find = measures("warning", detector=detector)
        yield System(
            f"{detector} warning",
            f"alerts_{detector}",
            without(find),
            of_measures(find, coverage=twice_share),
            "coverage, at most all contacts",
        )
    for channel, name in (("call", "calls"), ("sms", "SMS")):
        never_stops = {f"interception.{channel}.threshold": lambda _: NEVER}
        yield System(
            f"filter of {name}",
            f"{name.lower()}_intercepted",
            of_keys(never_stops),
            more_odds(channel),
            "the odds of recall, by d'",
        )
    purges = measures("card_purge")
    yield System(
        "cards (flagging and purge)",
        "cards_eliminated",
        together(without(purges), of_keys({"cards.flag_share": none})),
        together(of_measures(purges, intensity=twice_share), of_keys({"cards.flag_share": twice_share})),
        "the shares that flag, and that are purged",
    )
    registers = measures("real_name")
    yield System(
        "real name",
        f"{FATE}card_eliminated",
        without(registers),
        of_measures(registers, replacement_factor=twice_longer),
        "its addition to the replacement of a card",
    )
    for name, target in (("SMS ports", "sms_port"), ("cloud services", "cloud_service")):
        find = measures("source_regulation", target=target)
        yield System(name, f"{FATE}not_sent", without(find), of_measures(find, intensity=twice_share), "the share")
    for target in ("account", "site", "hosting", "app", "diversion", "promotion"):
        yield System(
            f"blocking: {target}",
            f"{FATE}site_blocked",
            without(measures("blocking", target=target)),
            of_keys({f"sites.{target}": twice_share}),
            "its full effect",
        )


def _of_police_and_people() -> Iterator[System]:
    capacity = "aftermath.investigation.capacity"
    yield System(
        "case solving",
        "cases_solved",
        of_keys({capacity: never}),
        of_keys({capacity: twice_rate}),
        "cases finished a day",
    )
    clusters, per_case = measures("cluster_campaign"), "aftermath.suspects.per_case"
    yield System(
        "arrests",
        "suspects_arrested",
        together(of_keys({per_case: none}), of_measures(clusters, arrests=none)),
        together(of_keys({per_case: twice}), of_measures(clusters, arrests=twice)),
        "suspects of a case and of a campaign",
    )
    leaders = "dens.ringleaders"
    yield System(
        "ringleaders",
        "ringleaders_arrested",
        of_keys({f"{leaders}.at_raid": none, f"{leaders}.per_lead": never}),
        of_keys({f"{leaders}.at_raid": twice_share, f"{leaders}.per_lead": twice_rate}),
        "the probability at a raid, and the rate by leads",
    )
    yield System(
        "den raids",
        "dens_destroyed",
        of_usual_raids(never),
        of_usual_raids(twice_rate),
        "the usual raids, and with them those of campaigns",
    )
    campaigns, returns = measures("den_campaign"), measures("returns")
    yield System(
        "den campaigns",
        "dens_campaign",
        without(campaigns),
        of_measures(campaigns, intensity=twice),
        "raids in addition to the usual ones",
        of_crews="dens_destroyed",
    )
    yield System(
        "returns",
        "returned",
        without(returns),
        of_measures(returns, intensity=twice_rate),
        "the rate at which members abroad return",
    )
    yield System(
        "repatriation",
        "suspects_arrested",
        without(measures("repatriation")),
        brought_home,
        f"dens and suspects; {BROUGHT_HOME:.0%} of the gangs abroad where there was none".replace("%", " %"),
    )
    yield System(
        "cluster campaigns: lines",
        f"{FATE}card_eliminated",
        of_measures(clusters, replacement_factor=unchanged),
        of_measures(clusters, replacement_factor=twice_longer),
        "their addition to the replacement of a card",
    )
    yield System(
        "cluster campaigns: laundering",
        "recovered_money",
        of_measures(clusters, half_life_factor=unchanged, hold=none, cash_loss=none),
        of_measures(clusters, half_life_factor=twice_longer, hold=twice_share, cash_loss=twice_share),
        "their addition to the half-life of money, the shares held and lost",
    )
    laws = measures("law")
    yield System(
        "law",
        f"{FATE}not_sent",
        without(laws),
        of_measures(laws, deterrence=twice_share, replacement_factor=twice_longer, data_sharing=twice),
        "all of its effects",
        in_force,
    )
    videos, activities = measures("videos"), measures("activities")
    yield System("videos", "video_views", without(videos), of_measures(videos, count=twice, views=twice), "views")
    yield System(
        "activities", "awareness_activities", without(activities), of_measures(activities, count=twice), "activities"
    )


def _of_gangs() -> Iterator[System]:
    """Yield the answers of gangs to filters: no systems of the shield, but what decides how much filters spare."""
    yield System(
        "gangs: retries",
        "attempts_potential",
        without_retries,
        of_retries(share=twice_again),
        f"the share that is sent again, at most {bounds_of(Retried).high:g}",
    )
    yield System(
        "gangs: displacement",
        "attempts_potential",
        of_retries(displaced=none),
        of_retries(displaced=twice_share),
        "the share that goes elsewhere, at most 1",
    )


SYSTEMS: Final = {one.name: one for one in (*_of_warnings_and_networks(), *_of_police_and_people(), *_of_gangs())}
"""All systems by name, in the order of the table."""


def facts(finished: Run) -> Outcome:
    """Return victims and losses of a run, and the own figure of every system; of the country, over the period."""
    found: Outcome = {name: float(finished.totals[name]) for name in ("victims", "loss_money")}
    for own in (one.owns(finished.scenario) for one in SYSTEMS.values()):
        total = finished.totals.get(own)
        found[own] = float(finished.figure(own) or 0) if total is None else float(total)
    return found


@dataclass(frozen=True)
class Row:
    """A row of the table: a system, off or doubled, and the scenarios with and without the change, without a seed."""

    system: System
    how: str
    base: Scenario
    other: Scenario

    @property
    def same(self) -> bool:
        """Whether the scenario has nothing that could be off, or doubled."""
        return digest_of_results(self.base) == digest_of_results(self.other)


def rows(scenario: Scenario, names: Sequence[str]) -> list[Row]:
    """Return the two rows of each of these systems, for a scenario; of pools, whose weights leave room to double."""
    scenario, found = as_pooled(scenario), []
    for system in (SYSTEMS[name] for name in names):
        base = changed(scenario, system.world(scenario))
        for how, change in ((OFF, system.off), (DOUBLED, system.doubled)):
            found.append(Row(system, how, base, changed(base, change(base))))
    return found


def table(
    worlds: Mapping[str, Sequence[Row]], outcomes: Mapping[tuple[str, int], Outcome], seeds: Sequence[int]
) -> str:
    """Return the table in Markdown.

    Args:
        worlds: The rows of each stance of gangs; the same systems in all of them.
        outcomes: Facts by the hash of a scenario and its seed.
        seeds: The seeds of the pairs.

    Returns:
        Its lines.
    """
    columns = ("victims", "losses", "its own figure")
    heads = [f"{column}{f', gangs {stance}' if stance else ''}" for column in columns for stance in worlds]
    lines = [f"| system | | {' | '.join(heads)} | which is |", f"| --- | --- |{' ---: |' * len(heads)} --- |"]
    for group in zip(*worlds.values(), strict=True):
        system, how, own = group[0].system, group[0].how, group[0].system.owns(group[0].base)
        cells = []
        for quantity in ("victims", "loss_money", own):
            for row in group:
                pairs = [(outcomes[row.base.sha256, seed], outcomes[row.other.sha256, seed]) for seed in seeds]
                cells.append(NOTHING if row.same else moved([(one[quantity], two[quantity]) for one, two in pairs]))
        lines.append(f"| {system.name} | {how} | {' | '.join(cells)} | {own.removeprefix(FATE)} |")
    return "\n".join(lines)


def moved(pairs: Sequence[tuple[float, float]]) -> str:
    """Return by how many per cent of its base a pair differs on average, with half of the interval of 95 %.

    Where a base has nothing, differences are as they are.
    """
    relative = all(one for one, _ in pairs)
    differences = [(two - one) * (100.0 / one if relative else 1.0) for one, two in pairs]
    shape, unit = ("{:+,.2f}", " %") if relative else ("{:+,.0f}", "")
    half = "" if len(pairs) < 2 else f" ± {shape.format(half_width(stdev(differences), len(differences)))[1:]}"
    return f"{shape.format(fmean(differences))}{unit}{half}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate every system off and doubled for every seed, print the table, and perhaps write it into a document."""
    given = options("systems", __doc__, "system", arguments)
    names = asked_for(given, SYSTEMS)
    own = loaded(given.scenario, given.scale)
    seeds = range(own.spec.seed, own.spec.seed + given.seeds)
    stances: tuple[str | None, ...] = stances_of(own, None) or (None,)
    worlds = {stance or "": rows(standing(own, stance), names) for stance in stances}
    asked = {one.sha256: one for group in worlds.values() for row in group for one in (row.base, row.other)}
    found = made(given, facts, [changed(one, {"seed": seed}) for one in asked.values() for seed in seeds])
    keys = [(sha256, seed) for sha256 in asked for seed in seeds]
    lines = table(worlds, dict(zip(keys, found, strict=True)), seeds)
    print(lines)
    write_into(given.write, MARKER, lines)


if __name__ == "__main__":
    main()
