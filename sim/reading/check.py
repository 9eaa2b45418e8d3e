"""The check of a run: every number in ``run.json`` is computed again from the Parquet files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.base.days import DAY_MS, calendar_date
from sim.base.words import DESK_LABELS, End, EpisodeEnd, Role
from sim.language.spoken import ENGLISH, speaking
from sim.reading.costs import COST, COST_HIGH, COST_LOW, REACHING, TOTAL
from sim.reading.figures import uncounted
from sim.reading.manifest import results
from sim.reading.quantities import SETTLED, Quantities, at_reporting_rates, by_day_and_place
from sim.scenario import ScenarioError, load_scenario
from sim.store.columns import Scope, StoredTable
from sim.store.folder import SCENARIO_YAML
from sim.store.json_files import sha256
from sim.store.provenance import versions
from sim.store.query import Where, summed, sums
from sim.store.run_json import is_sealed, read_manifest
from sim.store.tables import COUNTED, TABLES
from sim.store.writer import arrow, decode, numbers_of, sort_order

Manifest = dict[str, Any]
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
    groups: dict[str, Callable[[], Iterator[Checked]]] = {"scenario": partial(_scenario, manifest, scope)}
    for table in TABLES.values():
        if not table.is_log or (folder / table.file).is_file():
            groups[f"table {table.name}"] = partial(_table, folder, table, scope)
    groups["results"] = partial(_results, folder, manifest, scope)
    groups["conservation"] = partial(check_conservation, folder, manifest["totals"], scope)
    for name, checks in groups.items():
        try:
            yield from checks()
        except Exception as error:
            text = f"{type(error).__name__}: {error}".replace("\n", " ")
            yield Checked(name, False, f"cannot be checked: {text}")
    if "at_reporting_rates" in manifest:
        rates = at_reporting_rates(scenario, manifest["totals"])
        yield _equal("victims and losses at reporting rates", manifest["at_reporting_rates"], rates)


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
    for key, name in (("scenario_sha256", "sha256"), *((name, name) for name in ("name", "seed", "scale", "engine"))):
        yield _equal(f"scenario: {key}", manifest[key], getattr(scope, name))
    if "policy_of" in manifest:  # runs of older versions lack some keys
        yield _equal("scenario: policy_of", manifest["policy_of"], scope.policy_of)
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


def _results(folder: Path, manifest: Manifest, scope: Scope) -> Iterator[Checked]:
    """Check that every result is what the tables give; the wording of findings does not matter."""
    computed = results(folder, scope, Quantities.read(folder, scope))
    stored, totals = manifest["totals"], computed["totals"]
    for name in sorted({*totals, *stored}):
        yield _equal(f"totals: {name}", stored.get(name), totals.get(name))
    for part in ("figures", "evidence"):
        yield _equal(f"{part}: number", len(manifest[part]), len(computed[part]))
        for ours, theirs in zip(manifest[part], computed[part], strict=False):
            window = "..".join(str(day) for day in theirs["window"])
            yield _equal(f"{part}: {theirs['name']} {window}", ours, theirs)
    if "chance" in manifest:
        yield _equal("chance: what the tables give", manifest["chance"], computed["chance"])
    if "findings" in manifest:
        plain = (
            [{key: part for key, part in row.items() if key not in ("sentence", "suggestion")} for row in rows]
            for rows in (manifest["findings"], computed["findings"])
        )
        yield _equal("findings: what the tables give", *plain)


BY_TYPE = ["province", "fraud_type"]
BY_PERSON = [*BY_TYPE, "age_band", "sex"]


def check_conservation(folder: Path, totals: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check what must balance: attempts and fates, alerts and ends, episodes and engagements, cases, staff time."""
    alerts = totals["alerts_central"] + totals["alerts_local"]
    sides = {"attempts_potential = sum of attempts_by_fate": (totals["attempts_by_fate"], totals["attempts_potential"])}
    for part in ("alerts_by_end", "alerts_by_tier", "alerts_by_truth"):
        sides[f"alerts = sum of {part}"] = totals[part], alerts
    priced = [key for key in (COST, COST_LOW, COST_HIGH) if key in totals]
    for key in priced:
        parts = {part: cost for part, cost in totals[key].items() if part != TOTAL}
        sides[f"{key} = sum of its parts"] = parts, totals[key][TOTAL]
    for law, (parts, whole) in sides.items():
        yield _law(law, sum(parts.values()), whole, _as_rounded)
    if priced:
        cost, low, high = (totals[key] for key in priced)
        outside = [part for part in cost if not low[part] <= cost[part] <= high[part]]
        yield _none("conservation: every cost is between its low and its high end", outside)

    filed = ("outcomes", "filed", None)
    for law, key, one, other in (
        (
            "episodes = engaged attempts, by day, province and type",
            "day",
            ("attempts", "count", {"fate": ["engaged"]}),
            ("outcomes", "episodes", None),
        ),
        ("cases = filed, by month, province and type", "month", ("cases", "count", None), filed),
        ("filings = filed, by day, province and type", "day", ("filings", "count", None), filed),
    ):
        yield _same_sums(folder, law, [key, *BY_TYPE], one, other)
    # An alert from before the period may add a contact.
    yield _same_sums(
        folder,
        "alerts reached <= contacts that reached, by province, tier and truth",
        ["province", "tier", "truth"],
        ("alerts", "count", {"end": [End.REACHED.label]}),
        ("contacts", "count", {"result": [result.label for result in REACHING]}),
        np.less_equal,
    )
    averted = "0 <= averted <= saved, by day, province and type"
    yield _at_most(folder, averted, ["day", *BY_TYPE], ["averted"], "saved")
    if scope.warmup_days == 0:
        yield _at_most(folder, "ends of episodes <= episodes", BY_PERSON, EpisodeEnd.labels(), "episodes")
        for part, whole in (
            ("filed", "victims"),
            ("recovered_cents", "loss_cents"),
            ("filed_loss_cents", "loss_cents"),
        ):
            yield _at_most(folder, f"{part} <= {whole}, by province, type, age and sex", BY_PERSON, [part], whole)
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


def _as_rounded(one: Any, other: Any) -> Any:
    """Compare sums of doubles, each rounded once."""
    return np.isclose(one, other, rtol=1e-12, atol=0.0)


Measured = tuple[str, str, Where | None]


def _same_sums(
    folder: Path, law: str, keys: list[str], one: Measured, other: Measured, holds: Holds = np.equal
) -> Checked:
    """Compare measures of two tables by the same keys; a key that one of them lacks is a sum of 0."""
    import pyarrow as pa

    sides = []
    for side, (table, measure, where) in (("one", one), ("other", other)):
        rows = sums(folder, table, keys, [measure], where)
        zeros = arrow(np.zeros(len(rows), dtype=np.int64), pa.int64())
        columns = {key: rows.column(key) for key in keys} | {"one": zeros, "other": zeros, side: rows.column(measure)}
        sides.append(pa.table(columns))
    return _of_rows(law, summed(pa.concat_tables(sides), keys, ["one", "other"]), ["one"], "other", holds)


def _at_most(folder: Path, law: str, keys: list[str], parts: Sequence[str], whole: str) -> Checked:
    """Check that parts of an outcome are no more than the whole, by the same keys, and not negative."""
    rows = sums(folder, "outcomes", keys, [*parts, whole])
    return _of_rows(law, rows, parts, whole, lambda one, other: (one >= 0) & (one <= other))


def _of_rows(law: str, rows: Any, parts: Sequence[str], whole: str, holds: Holds) -> Checked:
    """Check a law in each row of a table of sums."""
    keys = [name for name in rows.column_names if name not in (*parts, whole)]

    def place(at: int) -> str:
        return " ".join(str(rows.column(key)[at]) for key in keys)

    one = sum(numbers_of(rows.column(name)) for name in parts)
    return _law(law, one, numbers_of(rows.column(whole)), holds, place)


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

    def daily(table: str, measure: str, *quantities: str) -> npt.NDArray[Any]:
        where = {"quantity": list(quantities)} if quantities else None
        return by_day_and_place(folder, table, measure, scope, where, nation=table == "flows")

    places = (*scope.provinces, "the nation")

    def place(day: int, at: int) -> str:
        return f"day {day} of {places[at]}"

    backlog, filed = daily("state", "value", "backlog"), daily("outcomes", "filed")
    finished = daily("flows", "count", "cases_solved", "cases_closed")[:, :-1]
    expected = backlog[:-1] + filed[:-1] - finished[1:]
    name = "backlog = backlog of the day before + filed - solved - closed"
    yield _law(name, backlog[1:], expected, place=place)
    if scope.accounts:
        whole = daily("state", "value", "accounts_working") + daily("state", "value", "accounts_waiting")
        # Numbers of a billionth of an account, each rounded once to a double.
        close = partial(np.isclose, rtol=1e-12, atol=1e-8)
        name = "accounts at work or waiting, by day and province"
        yield _law(name, whole, np.broadcast_to(whole[:1], whole.shape), close, place)
    everywhere = ", by province and of the nation"
    if scope.roles:
        roles = daily("flows", "count", *(role.arrested for role in Role))
        name = f"suspects of all roles = suspects_arrested{everywhere}"
        yield _law(name, roles, daily("flows", "count", "suspects_arrested"), place=place)
    if scope.settlement is None:
        return
    # Nothing waits when a simulation begins, nor on a first of January: sums begin where that is known.
    days = [calendar_date(scope.first_day + at) for at in range(scope.days)]
    news = (at for at, day in enumerate(days) if (day.month, day.day) == (1, 1))
    start = 0 if scope.warmup_days == 0 else next(news, scope.days)
    ends = [at - start for at, day in enumerate(days) if at >= start and (day.month, day.day) == (12, 31)]
    for happened, settled in SETTLED.items():
        flow, counted = (daily("flows", "count", name)[start:].cumsum(axis=0) for name in (happened, settled))
        name = f"{settled} so far <= {happened} so far{everywhere}"
        yield _law(name, counted, flow, np.less_equal, place)
        name = f"{settled} = {happened} at the end of a December{everywhere}"
        yield _law(name, counted[ends], flow[ends], place=place)
