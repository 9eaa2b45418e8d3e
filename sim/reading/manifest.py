"""Compose the manifest of a run, ``run.json``, and check it: every number is computed again from the Parquet files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.base.days import DAY_MS, calendar_date
from sim.base.failures import LOG
from sim.base.rounding import percent
from sim.base.words import DESK_LABELS, End, EpisodeEnd, Role
from sim.language import ENGLISH, counted, said, speaking
from sim.reading import quantities as reading_quantities
from sim.reading.evidence import evidence
from sim.reading.figures import figure, totals, uncounted
from sim.reading.findings import findings
from sim.reading.intervals import chance
from sim.scenario import Scenario, ScenarioError, load_scenario
from sim.scenario.levers import outside_ranges
from sim.store.columns import Scope, StoredTable
from sim.store.exported import Where, summed, sums
from sim.store.folder import SCENARIO_YAML, command, is_sealed, machine, peak_rss_bytes, read_manifest, sha256, versions
from sim.store.tables import COUNTED, TABLES
from sim.store.writer import arrow, decode, numbers_of, sort_order
from sim.warning.size import Size, retold

if TYPE_CHECKING:
    from sim.reading.run import Run

UNCERTAIN = 0.2
"""Run-to-run noise of victims, as a share of their number, from which a sampled run warns."""

NORMAL = 1.96
"""Standard errors in half an interval of 95 per cent."""

Manifest = dict[str, Any]


def rare(manifest: Mapping[str, Any]) -> list[str]:
    """Return a warning if the run-to-run noise of the victims of a sampled run exceeds a fifth, or if there are none.

    At full scale there is no warning: the noise is the country's own. ``scale``, ``totals`` and ``chance`` are read.
    """
    if manifest["scale"] >= 1.0:
        return []
    victims = manifest["totals"]["victims"]
    simulated = round(victims * manifest["scale"])
    if not simulated:
        return [
            said("No victim was simulated, so victims and losses are unknown. Use a larger scale or a longer period.")
        ]
    ends: Sequence[float] | None = manifest["chance"].get("victims")
    share = NORMAL / simulated**0.5 if ends is None else (ends[1] - ends[0]) / 2.0 / victims
    line = counted(
        "Only one victim was simulated: run-to-run noise is ±{share}. Use a larger scale, a longer period or more "
        "replicates.",
        "Only {count} victims were simulated: run-to-run noise is ±{share}. Use a larger scale, a longer period or "
        "more replicates.",
        count=simulated,
        share=percent(share),
    )
    return [line] if share > UNCERTAIN else []


def told(run: "Run") -> list[str]:
    """Return the warnings of a finished run in the language that is spoken."""

    def of_this_room() -> list[str]:
        return [*rare(run.manifest), *uncounted(Scope.of(run.scenario)), *outside_ranges(run.scenario)]

    with speaking(ENGLISH):
        stored = of_this_room()
    here = dict(zip(stored, of_this_room(), strict=True))
    return [here.get(line, line) for line in retold(run.manifest["warnings"], [run.scenario.spec])]


def told_of(runs: "Sequence[Run]") -> list[str]:
    """Return the warnings of a run, or of several; the noise of several is in their interval, not in a warning."""
    if len(runs) == 1:
        return told(runs[0])
    return list(dict.fromkeys(line for run in runs for line in told(run) if line not in rare(run.manifest)))


def beside_size(run: "Run") -> list[str]:
    """Return the warnings of a finished run that are not about its scale."""
    about_size = {*Size(run.scenario.spec).lines, *rare(run.manifest)}
    return [line for line in told(run) if line not in about_size]


def compose(folder: Path, scope: Scope, warnings: list[str]) -> Manifest:
    """Return ``run.json``, except its performance, from the files in the folder of a run; stored texts are English."""
    document = {
        "name": scope.name,
        "status": "finished",
        "engine": scope.engine,
        "seed": scope.seed,
        "scale": scope.scale,
        "versions": versions(),
        "machine": machine(),
        "command": command(),
        "scenario_sha256": scope.sha256,
        "policy_of": scope.policy_of,
        "files": {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != LOG},
        **results(folder, scope, reading_quantities.Quantities.read(folder, scope)),
    }
    with speaking(ENGLISH):
        return {**document, "warnings": [*warnings, *rare(document)]}


def results(folder: Path, scope: Scope, quantities: reading_quantities.Quantities) -> Manifest:
    """Return the parts of ``run.json`` that follow from the tables: figures, evidence, findings, totals and chance."""
    figures = [figure(quantities, target) for target in scope.targets]
    inside = evidence(folder, scope)
    with speaking(ENGLISH):
        found = findings(folder, scope, figures, inside)
    return {
        "figures": figures,
        "evidence": inside,
        "findings": found,
        "totals": totals(quantities),
        "chance": chance(folder, scope, quantities),
    }


def performance(wall_s: float, phases: dict[str, float], attempts: int) -> Manifest:
    """Return the ``performance`` of a run; ``attempts`` include the warm-up. Without time there is no speed."""
    return {
        "wall_s": round(wall_s, 3),
        "phases": {name: round(seconds, 3) for name, seconds in phases.items()},
        "peak_rss_bytes": peak_rss_bytes(),
        "attempts_per_s": round(attempts / wall_s, 1) if wall_s > 0 else None,
    }


Holds = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Checked:
    """One check: what was looked at, whether it holds, and if not what was found."""

    name: str
    passed: bool
    detail: str = ""

    def __str__(self) -> str:
        return f"{'ok  ' if self.passed else 'FAIL'} {self.name}" + (f": {self.detail}" if self.detail else "")


def check_run(folder: Path) -> Iterator[Checked]:
    """Yield each finding about a finished run, good or bad; raises FolderError for anything but its folder.

    What it was about is read from its own ``scenario.yaml``. Whatever a damaged file raises is a finding.
    """
    manifest = read_manifest(folder, changed=True)
    yield Checked("run.json: is as it was written", is_sealed(manifest))
    yield from _files(folder, manifest)
    if not all((folder / table.file).is_file() for table in COUNTED):
        return
    try:
        scenario = load_scenario(str(folder / SCENARIO_YAML))
    except ScenarioError as error:
        yield Checked("scenario", False, str(error).partition("\n")[0])
        return
    scope = Scope.of(scenario)
    groups = {"scenario": _scenario(manifest, scope)}
    for table in TABLES.values():
        if not table.is_log or (folder / table.file).is_file():
            groups[f"table {table.name}"] = _table(folder, table, scope)
    groups["results"] = _results(folder, manifest, scenario)
    groups["conservation"] = check_conservation(folder, manifest["totals"], scope)
    for name, checks in groups.items():
        try:
            yield from checks
        except Exception as error:
            text = f"{type(error).__name__}: {error}".replace("\n", " ")
            yield Checked(name, False, f"cannot be checked: {text}")


def _equal(name: str, stored: object, computed: object) -> Checked:
    same = stored == computed
    return Checked(name, same, "" if same else f"stored {stored}, computed {computed}")


def _none(name: str, wrong: Sequence[str], separator: str = ", ") -> Checked:
    return Checked(name, not wrong, separator.join(wrong))


def _files(folder: Path, manifest: Manifest) -> Iterator[Checked]:
    """Check that the files are those that ``run.json`` names, byte for byte."""
    named: dict[str, str] = manifest["files"]
    yield _none("files: run.json names every table", sorted({SCENARIO_YAML, *(one.file for one in COUNTED)} - {*named}))
    strangers = sorted(path.name for path in folder.glob("*.parquet") if path.name not in named)
    yield _none("files: no Parquet file that run.json does not name", strangers)
    for name, digest in named.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            yield Checked(f"files: {name}", False, "is missing")
        else:
            found = sha256(path)
            yield Checked(f"files: {name} has its SHA-256", found == digest, "" if found == digest else found)


def _scenario(manifest: Manifest, scope: Scope) -> Iterator[Checked]:
    """Check that ``run.json`` is about the scenario in its folder."""
    for key in ("scenario_sha256", "name", "seed", "scale", "engine", "policy_of"):
        yield _equal(f"scenario: {key}", manifest[key], getattr(scope, key.removeprefix("scenario_")))
    yield _none("versions: name the program and every library", sorted({*versions()} - {*manifest["versions"]}))
    with speaking(ENGLISH):
        untold = [line for line in uncounted(scope) if line not in manifest["warnings"]]
    yield _none("warnings: name every figure that the model does not count", untold, "; ")


def _table(folder: Path, table: StoredTable, scope: Scope) -> Iterator[Checked]:
    """Check that a table has its columns, its scenario, and rows that are in range, sorted and unique."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(folder / table.file)
    schema = file.schema_arrow
    yield _equal(
        f"{table.name}: columns",
        *([(field.name, str(field.type)) for field in fields] for fields in (schema, table.arrow_schema())),
    )
    stored = (schema.metadata or {}).get(b"tocsin.scenario_sha256", b"").decode()
    yield _equal(f"{table.name}: scenario in the metadata", stored, scope.sha256)
    mistakes: list[str] = []
    end = -1
    for number in range(file.num_row_groups):
        rows = file.read_row_group(number)
        try:
            columns = {column.name: decode(column, rows.column(column.name), scope) for column in table.columns}
            order, time = sort_order(table, columns), columns[table.time.name]
            keys = [columns[column.name] for column in table.keys]
            if order is not None and not (order == np.arange(len(order))).all():
                raise ValueError("is not sorted by its keys")
            if not table.is_log and np.stack([key[1:] == key[:-1] for key in keys]).all(axis=0).any():
                raise ValueError("repeats a key")
            if time[0] <= end:
                raise ValueError("starts behind the end of the one before")
            end = int(time[-1])
        except ValueError as error:
            mistakes.append(f"row group {number}: {error}")
    yield _none(f"{table.name}: rows in range, sorted{'' if table.is_log else ', unique'}", mistakes[:3], "; ")


def _results(folder: Path, manifest: Manifest, scenario: Scenario) -> Iterator[Checked]:
    """Check that every result is what the tables give; the wording of findings does not matter."""
    scope = Scope.of(scenario)
    computed = results(folder, scope, reading_quantities.Quantities.read(folder, scope))
    stored, totals = manifest["totals"], computed["totals"]
    for name in sorted({*totals, *stored}):
        yield _equal(f"totals: {name}", stored.get(name), totals.get(name))
    for part in ("figures", "evidence"):
        yield _equal(f"{part}: number", len(manifest[part]), len(computed[part]))
        for ours, theirs in zip(manifest[part], computed[part], strict=False):
            window = "..".join(str(day) for day in theirs["window"])
            yield _equal(f"{part}: {theirs['name']} {window}", ours, theirs)
    yield _equal("chance: what the tables give", manifest["chance"], computed["chance"])
    plain = (
        [{key: part for key, part in row.items() if key not in ("sentence", "suggestion")} for row in every["findings"]]
        for every in (manifest, computed)
    )
    yield _equal("findings: what the tables give", *plain)
    if "at_reporting_rates" in manifest:
        rates = reading_quantities.at_reporting_rates(scenario, stored)
        yield _equal("victims and losses at reporting rates", manifest["at_reporting_rates"], rates)


BY_TYPE = ["province", "fraud_type"]
BY_PERSON = [*BY_TYPE, "age_band", "sex"]


def check_conservation(folder: Path, totals: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check what must balance: attempts and fates, alerts and ends, episodes and engagements, cases, staff time."""
    alerts = totals["alerts_central"] + totals["alerts_local"]
    sides = {"attempts_potential = sum of attempts_by_fate": (totals["attempts_by_fate"], totals["attempts_potential"])}
    for part in ("alerts_by_end", "alerts_by_tier", "alerts_by_truth"):
        sides[f"alerts = sum of {part}"] = totals[part], alerts
    priced = [
        key
        for key in (reading_quantities.COST, reading_quantities.COST_LOW, reading_quantities.COST_HIGH)
        if key in totals
    ]
    for key in priced:
        parts = {part: cost for part, cost in totals[key].items() if part != reading_quantities.TOTAL}
        sides[f"{key} = sum of its parts"] = parts, totals[key][reading_quantities.TOTAL]
    rounded_once = partial(np.isclose, rtol=1e-12, atol=0.0)
    for law, (parts, whole) in sides.items():
        yield _law(law, sum(parts.values()), whole, rounded_once)
    if priced:
        cost, low, high = (totals[key] for key in priced)
        outside = [part for part in cost if not low[part] <= cost[part] <= high[part]]
        yield _none("conservation: every cost is between its low and its high end", outside)

    def sides_of(law: str, keys: list[str], one: Measured, other: Measured, holds: Holds = np.equal) -> Checked:
        return _by_keys(folder, law, keys, one, other, holds)

    by_day, filed = ["day", *BY_TYPE], _outcome("filed")
    engaged = "attempts", ["count"], {"fate": ["engaged"]}
    yield sides_of("episodes = engaged attempts, by day, province and type", by_day, engaged, _outcome("episodes"))
    cases, filings = ((table, ["count"], None) for table in ("cases", "filings"))
    yield sides_of("cases = filed, by month, province and type", ["month", *BY_TYPE], cases, filed)
    yield sides_of("filings = filed, by day, province and type", by_day, filings, filed)
    # An alert from before the period may add a contact.
    reached = "alerts", ["count"], {"end": [End.REACHED.label]}
    reaching = "contacts", ["count"], {"result": [result.label for result in reading_quantities.REACHING]}
    law = "alerts reached <= contacts that reached, by province, tier and truth"
    yield sides_of(law, ["province", "tier", "truth"], reached, reaching, np.less_equal)
    law = "0 <= averted <= saved, by day, province and type"
    yield sides_of(law, by_day, _outcome("averted"), _outcome("saved"), _within)
    if scope.warmup_days == 0:
        ends = _outcome(*EpisodeEnd.labels())
        yield sides_of("ends of episodes <= episodes", BY_PERSON, ends, _outcome("episodes"), _within)
        people = "by province, type, age and sex"
        lost = "loss_cents"
        for part, whole in (("filed", "victims"), ("recovered_cents", lost), ("filed_loss_cents", lost)):
            yield sides_of(f"{part} <= {whole}, {people}", BY_PERSON, _outcome(part), _outcome(whole), _within)
    yield _staff_time(folder, scope)
    yield from _midnights(folder, scope)


def _law(
    law: str,
    one: npt.ArrayLike,
    other: npt.ArrayLike,
    holds: Holds = np.equal,
    place: Callable[..., object] | None = None,
) -> Checked:
    """Check a law for all elements of two arrays; ``place`` names one by its index."""
    one, other = np.asarray(one), np.asarray(other)
    wrong = np.argwhere(~holds(one, other))
    if not len(wrong):
        return Checked(f"conservation: {law}", True)
    at = tuple(wrong[0])
    where = "" if place is None else f"{len(wrong)} differ, first {place(*at)}: "
    return Checked(f"conservation: {law}", False, f"{where}{one[at]} and {other[at]}")


def _within(one: Any, other: Any) -> Any:
    return (one >= 0) & (one <= other)


Measured = tuple[str, Sequence[str], Where | None]
"""A table, measures that are added up, and the rows that count."""


def _outcome(*measures: str) -> Measured:
    return "outcomes", measures, None


def _by_keys(folder: Path, law: str, keys: list[str], one: Measured, other: Measured, holds: Holds) -> Checked:
    """Compare sums of two tables by the same keys; a key that one of them lacks is a sum of 0."""
    import pyarrow as pa

    sides = []
    for side, (table, measures, where) in (("one", one), ("other", other)):
        found = sums(folder, table, keys, measures, where)
        added = np.sum([numbers_of(found.column(measure)) for measure in measures], axis=0)
        zeros = np.zeros(len(found), dtype=np.int64)
        numbers = {name: arrow(added if name == side else zeros, pa.int64()) for name in ("one", "other")}
        sides.append(pa.table({key: found.column(key) for key in keys} | numbers))
    rows = summed(pa.concat_tables(sides), keys, ["one", "other"])

    def place(at: int) -> str:
        return " ".join(str(rows.column(key)[at]) for key in keys)

    return _law(law, numbers_of(rows.column("one")), numbers_of(rows.column("other")), holds, place)


NEGLIGIBLE = 1e-9
"""Expected number of services of at least a given length below which none is assumed."""


def _staff_time(folder: Path, scope: Scope) -> Checked:
    """Check that the time of contacts, in ms, is time that desks were busy, together as one may lend to the other."""
    # Services that began before the period or were not over at its end stand in only one of the two tables, or in
    # part: the first and last day are left out, and days on which a service from before the period may have ended.
    where = {"channel": list(DESK_LABELS)}
    busy = sum(sums(folder, "hours", ["month"], ["busy_ms"], where).column("busy_ms").to_pylist())
    by_day = sums(folder, "contacts", ["day"], ["count", "staff_ms"], where).to_pylist()
    most = max((row["count"] for row in by_day), default=0)
    days = 1
    while scope.warmup_days > 0 and scope.first_day + days <= scope.last_day:
        if most * max((one.survival(days * DAY_MS) for one in scope.services), default=0.0) <= NEGLIGIBLE:
            break
        days += 1
    first, last = (calendar_date(day) for day in (scope.first_day + days, scope.last_day))
    staff = sum(row["staff_ms"] for row in by_day if first <= row["day"] < last)
    return _law("time of calls and visits <= busy time of desks", staff, busy, np.less_equal)


def _midnights(folder: Path, scope: Scope) -> Iterator[Checked]:
    """Check what midnights conserve: the backlog, accounts, roles of suspects, and what is settled later."""

    def flow(*quantities: str) -> npt.NDArray[Any]:
        return reading_quantities.by_day_and_place(
            folder, "flows", "count", scope, {"quantity": list(quantities)}, nation=True
        )

    def level(quantity: str) -> npt.NDArray[Any]:
        return reading_quantities.by_day_and_place(folder, "state", "value", scope, {"quantity": [quantity]})

    places = (*scope.provinces, "the nation")

    def same(law: str, one: Any, other: Any, holds: Holds = np.equal) -> Checked:
        return _law(law, one, other, holds, lambda day, at: f"day {day} of {places[at]}")

    backlog, filed = level("backlog"), reading_quantities.by_day_and_place(folder, "outcomes", "filed", scope)
    expected = backlog[:-1] + filed[:-1] - flow("cases_solved", "cases_closed")[1:, :-1]
    yield same("backlog = backlog of the day before + filed - solved - closed", backlog[1:], expected)
    if scope.accounts:
        whole = level("accounts_working") + level("accounts_waiting")
        # Numbers of a billionth of an account, each rounded once to a double.
        close = partial(np.isclose, rtol=1e-12, atol=1e-8)
        first = np.broadcast_to(whole[:1], whole.shape)
        yield same("accounts at work or waiting, by day and province", whole, first, close)
    everywhere = ", by province and of the nation"
    if scope.roles:
        roles = flow(*(role.arrested for role in Role))
        yield same(f"suspects of all roles = suspects_arrested{everywhere}", roles, flow("suspects_arrested"))
    if scope.settlement is None:
        return
    # Nothing waits when a simulation begins, nor on a first of January: sums begin where that is known.
    days = [calendar_date(scope.first_day + at) for at in range(scope.days)]
    news = (at for at, day in enumerate(days) if (day.month, day.day) == (1, 1))
    start = 0 if scope.warmup_days == 0 else next(news, scope.days)
    ends = [at - start for at, day in enumerate(days) if at >= start and (day.month, day.day) == (12, 31)]
    for happened, settled in reading_quantities.SETTLED.items():
        all_, counted = (flow(name)[start:].cumsum(axis=0) for name in (happened, settled))
        yield same(f"{settled} so far <= {happened} so far{everywhere}", counted, all_, np.less_equal)
        yield same(f"{settled} = {happened} at the end of a December{everywhere}", counted[ends], all_[ends])
