"""The check of a run: every number in ``run.json`` is computed again from the Parquet files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.base.days import DAY_MS, calendar_date
from sim.base.words import DESK_LABELS, End, EpisodeEnd, Role
from sim.language.spoken import said
from sim.reading.chance import chance
from sim.reading.costs import COST, COST_HIGH, COST_LOW, REACHING, TOTAL
from sim.reading.evidence import evidence
from sim.reading.figures import summarise, uncounted_in_english
from sim.reading.findings import findings
from sim.reading.quantities import SETTLED, at_reporting_rates, by_day_and_place
from sim.scenario import ScenarioError, load_scenario
from sim.store.columns import StoredTable
from sim.store.encoding import arrow, decode, numbers_of
from sim.store.folder import SCENARIO_YAML
from sim.store.json_files import sha256
from sim.store.provenance import versions
from sim.store.query import summed, sums
from sim.store.run_json import is_sealed, read_manifest
from sim.store.scope import Scope
from sim.store.tables import COUNTED, TABLES
from sim.store.writer import sort_order

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Checked:
    """One check: what was looked at, whether it holds, and if not what was found."""

    name: str
    passed: bool
    detail: str = ""

    def __str__(self) -> str:
        mark = said("ok  ") if self.passed else said("FAIL")
        return f"{mark} {self.name}" + (f": {self.detail}" if self.detail else "")


def check_run(folder: Path) -> Iterator[Checked]:
    """Yield each finding about a finished run, good or bad; raises FolderError for anything but its folder.

    What it was about is read from its own ``scenario.yaml``.
    """
    manifest = read_manifest(folder, changed=True)
    yield Checked(said("run.json: is as it was written"), is_sealed(manifest))
    yield from _attempted(said("files"), partial(_files, folder, manifest))
    if not all((folder / table.file).is_file() for table in COUNTED):
        return
    try:
        scenario = load_scenario(str(folder / SCENARIO_YAML))
    except ScenarioError as error:
        yield Checked(said("scenario"), False, str(error).partition("\n")[0])
        return
    yield from check_tables(folder, manifest, Scope.of(scenario))
    if "at_reporting_rates" in manifest:  # runs of older versions have none
        rates = at_reporting_rates(scenario, manifest["totals"])
        yield _equal(said("victims and losses at reporting rates"), manifest["at_reporting_rates"], rates)


def check_tables(folder: Path, manifest: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check everything but the hashes of the files, given what the run was about."""
    yield from _attempted(said("scenario"), partial(_scenario, manifest, scope))
    for table in TABLES.values():
        if not table.is_log or (folder / table.file).is_file():
            yield from _attempted(said("table {table}", table=table.name), partial(_table, folder, table, scope))
    yield from _attempted(said("figures and totals"), partial(_summary, folder, manifest, scope))
    if "chance" in manifest:  # runs of older versions have none
        yield from _attempted(said("chance"), partial(_chance, folder, manifest, scope))
    yield from _attempted(said("evidence"), partial(_evidence, folder, manifest, scope))
    if manifest.get("findings") is not None:  # runs of older versions have none
        yield from _attempted(said("findings"), partial(_findings, folder, manifest, scope))
    yield from _attempted(said("conservation"), partial(check_conservation, folder, manifest["totals"], scope))


def _attempted(name: str, check: Callable[[], Iterator[Checked]]) -> Iterator[Checked]:
    """Yield the findings of one group of checks; whatever a damaged file raises is one of them."""
    try:
        yield from check()
    except Exception as error:
        yield Checked(
            name, False, said("cannot be checked: {error}", error=f"{type(error).__name__}: {error}".replace("\n", " "))
        )


def _files(folder: Path, manifest: dict[str, Any]) -> Iterator[Checked]:
    """Check that the files are those that ``run.json`` names, byte for byte."""
    named: dict[str, str] = manifest["files"]
    wanted = {SCENARIO_YAML, *(table.file for table in COUNTED)}
    missing = sorted(wanted - set(named))
    yield Checked(said("files: run.json names every table"), not missing, ", ".join(missing))
    strangers = sorted(path.name for path in folder.glob("*.parquet") if path.name not in named)
    yield Checked(said("files: no Parquet file that run.json does not name"), not strangers, ", ".join(strangers))
    for name, digest in named.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            yield Checked(said("files: {file}", file=name), False, said("is missing"))
            continue
        found = sha256(path)
        yield Checked(
            said("files: {file} has its SHA-256", file=name), found == digest, "" if found == digest else found
        )


def _scenario(manifest: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check that ``run.json`` is about the scenario in its folder."""
    for key, value in (
        ("scenario_sha256", scope.sha256),
        ("name", scope.name),
        ("seed", scope.seed),
        ("scale", scope.scale),
        ("engine", scope.engine),
        *([("policy_of", scope.policy_of)] if "policy_of" in manifest else []),  # runs of older versions have none
    ):
        yield _equal(said("scenario: {key}", key=key), manifest[key], value)
    missing = sorted({*versions()} - {*manifest["versions"]})
    yield Checked(said("versions: name the program and every library"), not missing, ", ".join(missing))
    warned = set(manifest["warnings"])
    untold = [line for line in uncounted_in_english(scope) if line not in warned]
    yield Checked(said("warnings: name every figure that the model does not count"), not untold, "; ".join(untold))


def _table(folder: Path, table: StoredTable, scope: Scope) -> Iterator[Checked]:
    """Check that a table has its columns, its scenario, and rows that are in range, sorted and unique."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(folder / table.file)
    schema = file.schema_arrow
    yield _equal(
        said("{table}: columns", table=table.name),
        [(field.name, str(field.type)) for field in schema],
        [(field.name, str(field.type)) for field in table.arrow_schema()],
    )
    metadata = schema.metadata or {}
    stored = metadata.get(b"tocsin.scenario_sha256", b"").decode()
    yield _equal(said("{table}: scenario in the metadata", table=table.name), stored, scope.sha256)
    mistakes: list[str] = []
    end = -1
    for number in range(file.num_row_groups):
        try:
            start, end_here = _row_group(table, file.read_row_group(number), scope)
            if start <= end:
                raise ValueError(said("starts behind the end of the one before"))
            end = end_here
        except ValueError as error:
            mistakes.append(said("row group {number}: {error}", number=number, error=error))
    if table.is_log:
        name = said("{table}: rows in range, sorted", table=table.name)
    else:
        name = said("{table}: rows in range, sorted, unique", table=table.name)
    yield Checked(name, not mistakes, "; ".join(mistakes[:3]))


def _row_group(table: StoredTable, rows: "pa.Table", scope: Scope) -> tuple[int, int]:
    """Return the first and last value of the first key; raises ValueError where a row is not as written."""
    columns = {column.name: decode(column, rows.column(column.name), scope) for column in table.columns}
    order = sort_order(table, columns)
    if order is not None and not (order == np.arange(len(order))).all():
        raise ValueError(said("is not sorted by its keys"))
    if not table.is_log:
        keys = [columns[column.name] for column in table.keys]
        repeated = np.stack([key[1:] == key[:-1] for key in keys]).all(axis=0)
        if repeated.any():
            raise ValueError(said("repeats a key"))
    time = columns[table.time.name]
    return int(time[0]), int(time[-1])


def _summary(folder: Path, manifest: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check that every total and figure is what the tables give."""
    totals, figures = summarise(folder, scope)
    for name in sorted({*totals, *manifest["totals"]}):
        yield _equal(said("totals: {name}", name=name), manifest["totals"].get(name), totals.get(name))
    yield _equal(said("figures: number"), len(manifest["figures"]), len(figures))
    for stored, computed in zip(manifest["figures"], figures, strict=False):
        window = "..".join(str(day) for day in computed["window"])
        yield _equal(said("figures: {name}", name=f"{computed['name']} {window}"), stored, computed)


def _chance(folder: Path, manifest: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check that the intervals of chance are what the tables give."""
    yield _equal(said("chance: what the tables give"), manifest["chance"], chance(folder, scope))


def _evidence(folder: Path, manifest: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check that every quantity that evidence is about is what the tables give."""
    computed = evidence(folder, scope)
    yield _equal(said("evidence: number"), len(manifest["evidence"]), len(computed))
    for stored, row in zip(manifest["evidence"], computed, strict=False):
        yield _equal(said("evidence: {name}", name=f"{row['name']} {'..'.join(row['window'])}"), stored, row)


def _findings(folder: Path, manifest: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check that the tables give the same findings; their wording does not matter."""

    def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: part for key, part in row.items() if key not in ("sentence", "suggestion")} for row in rows]

    computed = findings(folder, scope, summarise(folder, scope)[1], evidence(folder, scope))
    yield _equal(said("findings: what the tables give"), plain(manifest["findings"]), plain(computed))


def check_conservation(folder: Path, totals: dict[str, Any], scope: Scope) -> Iterator[Checked]:
    """Check what must balance: attempts and fates, alerts and ends, episodes and engagements, cases, staff time."""
    for total, parts in (
        ("attempts_potential", "attempts_by_fate"),
        ("alerts", "alerts_by_end"),
        ("alerts", "alerts_by_tier"),
        ("alerts", "alerts_by_truth"),
    ):
        whole = totals["alerts_central"] + totals["alerts_local"] if total == "alerts" else totals[total]
        summed = sum(totals[parts].values())
        # Doubles, each rounded once: the parts add up to within their rounding.
        close = abs(whole - summed) <= 1e-12 * abs(whole)
        yield Checked(
            said("conservation: {total} = sum of {parts}", total=total, parts=parts), close, _and(close, whole, summed)
        )
    keys = ["day", "province", "fraud_type"]
    engaged = sums(folder, "attempts", keys, ["count"], {"fate": ["engaged"]})
    episodes = sums(folder, "outcomes", keys, ["episodes"])
    yield _same_sums(
        said("conservation: episodes = engaged attempts, by day, province and type"), keys, engaged, episodes
    )
    yield _cases(folder)
    yield _filings(folder)
    yield _reached(folder)
    yield _averted(folder)
    yield from _costs(totals)
    yield _staff_time(folder, scope)
    yield _backlog(folder, scope)
    if scope.accounts:
        yield _accounts(folder, scope)
    if scope.roles:
        yield _roles(folder, scope)
    if scope.settlement is not None:
        yield from _settled(folder, scope)
    if scope.warmup_days == 0:
        yield from _ends_of_episodes(folder)


def _accounts(folder: Path, scope: Scope) -> Checked:
    """Check that the accounts of mules that work or wait for replacement are as many on all days."""
    working, waiting = (
        by_day_and_place(folder, "state", "value", scope, {"quantity": [f"accounts_{name}"]})
        for name in ("working", "waiting")
    )
    whole = working + waiting
    # Numbers of a billionth of an account, each rounded once to a double.
    wrong = np.argwhere(~np.isclose(whole, whole[:1], rtol=1e-12, atol=1e-8))
    detail = said("{number} differ", number=len(wrong)) if len(wrong) else ""
    return Checked(said("conservation: accounts at work or waiting, by day and province"), not detail, detail)


def _cases(folder: Path) -> Checked:
    """Check that the cases of all bins are those filed, by month, province and fraud type."""
    keys = ["month", "province", "fraud_type"]
    name = said("conservation: cases = filed, by month, province and type")
    return _same_sums(name, keys, sums(folder, "cases", keys, ["count"]), sums(folder, "outcomes", keys, ["filed"]))


def _filings(folder: Path) -> Checked:
    """Check that the cases of all ways of first contact are those filed, by day, province and fraud type."""
    keys = ["day", "province", "fraud_type"]
    name = said("conservation: filings = filed, by day, province and type")
    return _same_sums(name, keys, sums(folder, "filings", keys, ["count"]), sums(folder, "outcomes", keys, ["filed"]))


def _reached(folder: Path) -> Checked:
    """Check that every person reached by an alert had a contact; an alert from before the period may add one."""
    keys = ["province", "tier", "truth"]
    heard = {"result": [result.label for result in REACHING]}
    contacts = {
        tuple(row[key] for key in keys): row["count"]
        for row in sums(folder, "contacts", keys, ["count"], heard).to_pylist()
    }
    alerts = sums(folder, "alerts", keys, ["count"], {"end": [End.REACHED.label]}).to_pylist()
    over = [row for row in alerts if row["count"] > contacts.get(tuple(row[key] for key in keys), 0)]
    detail = f"{tuple(over[0][key] for key in keys)}: {over[0]['count']}" if over else ""
    name = said("conservation: alerts reached <= contacts that reached, by province, tier and truth")
    return Checked(name, not over, detail)


def _averted(folder: Path) -> Checked:
    """Check that victims averted are some of those stopped before a payment, who stand in the same row."""
    keys = ["day", "province", "fraud_type"]
    rows = sums(folder, "outcomes", keys, ["saved", "averted"])
    saved, averted = (numbers_of(rows.column(name)) for name in ("saved", "averted"))
    wrong = np.flatnonzero((averted < 0) | (averted > saved))
    detail = ""
    if len(wrong):
        first = rows.slice(int(wrong[0]), 1).to_pylist()[0]
        place = " ".join(str(first[key]) for key in keys)
        detail = _differ(len(wrong), place, first["averted"], first["saved"])
    return Checked(said("conservation: 0 <= averted <= saved, by day, province and type"), not detail, detail)


def _costs(totals: dict[str, Any]) -> Iterator[Checked]:
    """Check that the parts of what a run cost add up, at all prices, and that no cost is outside its interval."""
    keys = (COST, COST_LOW, COST_HIGH)
    if not set(keys) <= set(totals):
        return
    for key in keys:
        parts = dict(totals[key])
        whole = parts.pop(TOTAL)
        summed = sum(parts.values())
        # Doubles, each rounded once: the parts add up to within their rounding.
        close = abs(whole - summed) <= 1e-12 * abs(whole)
        yield Checked(said("conservation: {total} = sum of its parts", total=key), close, _and(close, whole, summed))
    outside = [
        part
        for part, cost in totals[keys[0]].items()
        if cost is not None and not totals[keys[1]][part] <= cost <= totals[keys[2]][part]
    ]
    yield Checked(said("conservation: every cost is between its low and its high end"), not outside, ", ".join(outside))


NEGLIGIBLE = 1e-9
"""Expected number of services of at least a given length below which none is assumed."""


def _staff_time(folder: Path, scope: Scope) -> Checked:
    """Check that the time of contacts is time that desks were busy, both together as one may lend to the other.

    Services that began before the period or were not over at its end stand in only one of the two tables, or in part.
    So the contacts of the first and the last day are left out, and those of the further days on which a service may
    have ended that began before the period.

    Returns:
        The finding, with both times in ms where they disagree.
    """
    where = {"channel": list(DESK_LABELS)}
    busy = sum(sums(folder, "hours", ["month"], ["busy_ms"], where).column("busy_ms").to_pylist())
    by_day = sums(folder, "contacts", ["day"], ["count", "staff_ms"], where).to_pylist()
    most = max((row["count"] for row in by_day), default=0)
    first = calendar_date(scope.first_day + _days_of_services_before(most, scope))
    last = calendar_date(scope.last_day)
    staff = sum(row["staff_ms"] for row in by_day if first <= row["day"] < last)
    detail = _and(staff <= busy, f"{staff} ms", f"{busy} ms")
    return Checked(said("conservation: time of calls and visits <= busy time of desks"), staff <= busy, detail)


def _days_of_services_before(count: int, scope: Scope) -> int:
    """Return the number of first days, at least 1, on which services may end that began before the period."""
    days = 1
    while scope.warmup_days > 0 and scope.first_day + days <= scope.last_day:
        if count * max((one.survival(days * DAY_MS) for one in scope.services), default=0.0) <= NEGLIGIBLE:
            break
        days += 1
    return days


def _backlog(folder: Path, scope: Scope) -> Checked:
    """Check that at midnight the backlog gains what was filed the day before and loses what is solved or closed."""
    backlog = by_day_and_place(folder, "state", "value", scope, {"quantity": ["backlog"]})
    filed = by_day_and_place(folder, "outcomes", "filed", scope)
    finished = by_day_and_place(folder, "flows", "count", scope, {"quantity": ["cases_solved", "cases_closed"]})
    expected = backlog[:-1] + filed[:-1] - finished[1:]
    wrong = np.argwhere(backlog[1:] != expected)
    detail = ""
    if len(wrong):
        day, p = wrong[0]
        place = f"{calendar_date(scope.first_day + 1 + int(day))} {scope.provinces[p]}"
        detail = _differ(len(wrong), place, f"{backlog[day + 1, p]:g}", f"{expected[day, p]:g}")
    return Checked(
        said("conservation: backlog = backlog of the day before + filed - solved - closed"), not detail, detail
    )


def _roles(folder: Path, scope: Scope) -> Checked:
    """Check that every suspect has one role, on each day and at each place."""
    roles, suspects = (
        by_day_and_place(folder, "flows", "count", scope, {"quantity": quantities}, nation=True)
        for quantities in ([role.arrested for role in Role], ["suspects_arrested"])
    )
    wrong = int((roles != suspects).sum())
    detail = said("{number} differ", number=wrong) if wrong else ""
    what = said("suspects of all roles = suspects_arrested")
    return Checked(said("conservation: {what}, by province and of the nation", what=what), not wrong, detail)


def _settled(folder: Path, scope: Scope) -> Iterator[Checked]:
    """Check that no more is settled than has happened, and all of it at the end of a December, at each place.

    Nothing waits when a simulation begins, nor on a first of January; so sums begin at the first day of which that is
    known.

    Yields:
        Two findings for each quantity that is settled.
    """
    days = [calendar_date(scope.first_day + at) for at in range(scope.days)]
    known = (at for at, day in enumerate(days) if (day.month, day.day) == (1, 1))
    start = 0 if scope.warmup_days == 0 else next(known, scope.days)
    ends = [at - start for at, day in enumerate(days) if at >= start and (day.month, day.day) == (12, 31)]
    for happened, settled in SETTLED.items():
        both = {"part": settled, "whole": happened}
        flow, counted = (
            by_day_and_place(folder, "flows", "count", scope, {"quantity": [name]}, nation=True)[start:].cumsum(axis=0)
            for name in (happened, settled)
        )
        for name, wrong in (
            (said("{part} so far <= {whole} so far", **both), np.argwhere(counted > flow)),
            (said("{part} = {whole} at the end of a December", **both), np.argwhere(counted[ends] != flow[ends])),
        ):
            detail = said("{number} differ", number=len(wrong)) if len(wrong) else ""
            yield Checked(said("conservation: {what}, by province and of the nation", what=name), not detail, detail)


def _ends_of_episodes(folder: Path) -> Iterator[Checked]:
    """Check, of a run without a warm-up, that no more episodes end than have begun, and what no loss is less than."""
    keys = ["province", "fraud_type", "age_band", "sex"]
    ends = list(EpisodeEnd.labels())
    rows = sums(folder, "outcomes", keys, ["episodes", *ends]).to_pylist()
    over = [row for row in rows if sum(row[end] for end in ends) > row["episodes"]]
    detail = str(tuple(over[0][key] for key in keys)) if over else ""
    yield Checked(said("conservation: ends of episodes <= episodes"), not over, detail)
    for part, whole in (("filed", "victims"), ("recovered_cents", "loss_cents"), ("filed_loss_cents", "loss_cents")):
        rows = sums(folder, "outcomes", keys, [part, whole]).to_pylist()
        over = [row for row in rows if row[part] > row[whole]]
        detail = f"{tuple(over[0][key] for key in keys)}: {_and(False, over[0][part], over[0][whole])}" if over else ""
        yield Checked(
            said("conservation: {part} <= {whole}, by province, type, age and sex", part=part, whole=whole),
            not over,
            detail,
        )


def _same_sums(name: str, keys: list[str], one: "pa.Table", other: "pa.Table") -> Checked:
    """Compare the last columns of two tables of sums by the same keys; a key that one of them lacks is a sum of 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sides = []
    for side, rows in (("one", one), ("other", other)):
        zeros = arrow(np.zeros(len(rows), dtype=np.int64), pa.int64())
        found = {key: rows.column(key) for key in keys} | {"one": zeros, "other": zeros}
        found |= {side: rows.column(rows.num_columns - 1)}
        sides.append(pa.table(list(found.values()), names=list(found)))
    both = summed(pa.concat_tables(sides), keys, ["one", "other"])
    differing = both.filter(pc.not_equal(both.column("one"), both.column("other")))
    if not len(differing):
        return Checked(name, True)
    first = differing.sort_by([(key, "ascending") for key in keys]).slice(0, 1).to_pylist()[0]
    place = " ".join(str(first[key]) for key in keys)
    return Checked(name, False, _differ(len(differing), place, first["one"], first["other"]))


def _equal(name: str, stored: object, computed: object) -> Checked:
    if stored == computed:
        return Checked(name, True)
    return Checked(name, False, said("stored {stored}, computed {computed}", stored=stored, computed=computed))


def _and(same: bool, one: object, other: object) -> str:
    """Return two values that must agree; nothing if they do."""
    return "" if same else said("{one} and {other}", one=one, other=other)


def _differ(number: int, place: str, one: object, other: object) -> str:
    """Return how many values differ, and the first two."""
    return said("{number} differ, first {place}: {values}", number=number, place=place, values=_and(False, one, other))
