"""The check of a run sees whatever was changed in its folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import sim
from sim.reading.manifest import check_run
from sim.store.folder import sealed, sha256
from sim.store.tables import TABLES
from tests.engines.small import fewer, run_tiny
from tests.equality.scenarios import ACCOUNTS


def failures(folder: Path) -> list[str]:
    """Give the names of the checks that fail."""
    return [finding.name for finding in check_run(folder) if not finding.passed]


def rewrite(folder: Path, table: str, change: Any) -> None:
    """Replace a table by a changed one and let ``run.json`` know its hash, as a careful forger would."""
    path = folder / f"{table}.parquet"
    stored = pq.read_table(path)
    changed = change(stored)
    pq.write_table(changed.replace_schema_metadata(stored.schema.metadata), path)
    edit(folder, lambda manifest: manifest["files"].update({path.name: sha256(path)}))


def edit(folder: Path, change: Any) -> None:
    """Change ``run.json``, and seal it again, as a careful forger would."""
    path = folder / "run.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(sealed(manifest)))


def test_a_run_as_it_was_made_passes(run: sim.Run) -> None:
    findings = list(check_run(run.path))
    assert [str(finding) for finding in findings if not finding.passed] == []
    # Every file, every total and every figure is looked at.
    names = "\n".join(finding.name for finding in findings)
    for table in TABLES.values():
        assert table.file in names
    for total in run.manifest["totals"]:
        assert f"totals: {total}" in names
    assert names.count("figures: ") == 1 + len(run.manifest["figures"])
    assert names.count("evidence: ") == 1 + len(run.manifest["evidence"])


def test_one_byte_of_any_file_is_noticed(run: sim.Run, tmp_path: Path) -> None:
    for name in run.manifest["files"]:
        copy = tmp_path / "copy"
        shutil.copytree(run.path, copy)
        data = bytearray((copy / name).read_bytes())
        data[len(data) // 2] ^= 1
        (copy / name).write_bytes(bytes(data))
        # Files come first, and the rest of a damaged run is another matter.
        assert any(one.name == f"files: {name} has its SHA-256" and not one.passed for one in check_run(copy)), name
        shutil.rmtree(copy)


def test_missing_and_strange_files_are_noticed(run: sim.Run) -> None:
    (run.path / "waits.parquet").rename(run.path / "extra.parquet")
    assert {"files: waits.parquet", "files: no Parquet file that run.json does not name"} <= set(failures(run.path))


def test_a_changed_total_or_figure_is_noticed(run: sim.Run) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["totals"]["episodes"] += 1
        manifest["totals"]["invented"] = 1
        manifest["figures"][0]["value"] = 1
        manifest["seed"] += 1

    edit(run.path, change)
    found = failures(run.path)
    assert {"totals: episodes", "totals: invented", "scenario: seed"} <= set(found)
    assert any(name.startswith("figures: alerts_central") for name in found)


def test_changed_evidence_is_noticed(run: sim.Run) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["evidence"][0]["simulated"] = 0.3
        manifest["evidence"][1]["within"] = True
        del manifest["evidence"][-1]

    edit(run.path, change)
    rows = [f"evidence: {row['name']} {'..'.join(row['window'])}" for row in run.manifest["evidence"][:2]]
    assert failures(run.path) == ["evidence: number", *rows]


def test_a_changed_scenario_is_noticed(run: sim.Run) -> None:
    path = run.path / "scenario.yaml"
    path.write_text(
        path.read_text().replace("scale: 0.00003", "scale: 0.00004").replace("scale: 3e-05", "scale: 4e-05")
    )
    edit(run.path, lambda manifest: manifest["files"].update({path.name: sha256(path)}))
    found = failures(run.path)
    assert {"scenario: scenario_sha256", "scenario: scale"} <= set(found)
    assert "attempts: scenario in the metadata" in found


def test_a_scenario_that_cannot_be_read_is_a_failure_not_a_crash(run: sim.Run) -> None:
    (run.path / "scenario.yaml").write_text("schema: [")
    assert "scenario" in failures(run.path)


def drop_last(stored: pa.Table) -> pa.Table:
    """Drop the last row."""
    return stored.slice(0, stored.num_rows - 1)


def halve(stored: pa.Table) -> pa.Table:
    """Keep the first half of the rows."""
    return stored.slice(0, stored.num_rows // 2)


def swap(stored: pa.Table) -> pa.Table:
    """Put the last row first."""
    return pa.concat_tables([stored.slice(stored.num_rows - 1), drop_last(stored)])


def repeat(stored: pa.Table) -> pa.Table:
    """Repeat the first row."""
    return pa.concat_tables([stored.slice(0, 1), stored])


def negate(stored: pa.Table) -> pa.Table:
    """Turn the sign of the last column."""
    last = stored.num_columns - 1
    return stored.set_column(last, stored.schema.field(last), pc.negate(stored.column(last)))


def add_one(stored: pa.Table) -> pa.Table:
    """Add one to the last column of every row."""
    last = stored.num_columns - 1
    return stored.set_column(last, stored.schema.field(last), pc.add(stored.column(last), 1))


def misname(stored: pa.Table) -> pa.Table:
    """Give every row a channel that does not exist."""
    place = stored.schema.get_field_index("channel")
    return stored.set_column(place, stored.schema.field(place), pa.array(["pigeon"] * stored.num_rows))


@pytest.mark.parametrize(
    ("table", "change", "failing"),
    [
        ("attempts", drop_last, "totals: attempts_potential"),
        ("attempts", swap, "attempts: rows in range, sorted, unique"),
        ("attempts", repeat, "attempts: rows in range, sorted, unique"),
        ("attempts", negate, "attempts: rows in range, sorted, unique"),
        ("attempts", misname, "attempts: rows in range, sorted, unique"),
        ("outcomes", add_one, "conservation: 0 <= averted <= saved, by day, province and type"),
        ("outcomes", add_one, "totals: averted"),
        ("outcomes", halve, "conservation: episodes = engaged attempts, by day, province and type"),
        ("cases", drop_last, "conservation: cases = filed, by month, province and type"),
        ("cases", repeat, "cases: rows in range, sorted, unique"),
        ("alerts", drop_last, "totals: alerts_by_end"),
        ("contacts", repeat, "contacts: rows in range, sorted, unique"),
        ("hours", lambda stored: stored.slice(0, 0), "conservation: time of calls and visits <= busy time of desks"),
        ("flows", lambda stored: stored.drop_columns(["province"]), "flows: columns"),
        ("events", swap, "events: rows in range, sorted"),
        ("filings", drop_last, "conservation: filings = filed, by day, province and type"),
        ("state", negate, "conservation: backlog = backlog of the day before + filed - solved - closed"),
    ],
)
def test_a_forged_table_is_noticed_by_what_it_breaks(run: sim.Run, table: str, change: Any, failing: str) -> None:
    rewrite(run.path, table, change)
    assert failing in failures(run.path)


def test_services_of_days_that_began_before_the_period_break_no_law(tmp_path: Path) -> None:
    staff = {"steps": [{"from": "2022-01-23", "factor": 1.0}, {"from": "2022-01-26", "factor": 0.0}]}
    calls = {"answered": 1.0, "hard_share": 1.0, "hard": "40 h", "staff": 40, "growth": staff}
    values = {f"desks.call.{key}": value for key, value in calls.items()} | {"desks.visit.staff": 0}
    period = {"start": "2022-01-26", "end": "2022-01-30", "warmup": "3 d"}
    run = sim.run(sim.load_scenario("tiny", period=period, **values), tmp_path / "run", workers=1)
    # All of them ended on the first two days, and most of their time lies before these.
    assert run.contacts.query("channel == 'call'")["staff_ms"].sum() > 1.5 * run.hours["busy_ms"].sum() > 0
    assert failures(run.path) == []


def test_rewriting_a_table_as_it_was_passes(run: sim.Run) -> None:
    """The forger's way is not what the check notices."""
    rewrite(run.path, "attempts", lambda stored: stored)
    assert failures(run.path) == []


def test_only_a_finished_run_can_be_checked(tmp_path: Path) -> None:
    with pytest.raises(sim.FolderError):
        list(check_run(tmp_path))


def test_more_recovered_or_filed_than_lost_is_noticed(tmp_path: Path) -> None:
    at_once = {"aftermath.report.delay": "0 min", "aftermath.filing.delay": "0 min"}
    run = run_tiny(tmp_path / "run", events="none", engine="vector", **fewer(0.1), **at_once)
    assert failures(run.path) == []
    for measure, other in (("recovered_cents", "loss_cents"), ("filed_loss_cents", "loss_cents"), ("filed", "victims")):
        forged = tmp_path / measure
        shutil.copytree(run.path, forged)

        def change(stored: pa.Table, measure: str = measure, other: str = other) -> pa.Table:
            one_more = pc.add(stored.column(other), 1)
            place = stored.column_names.index(measure)
            return stored.set_column(place, stored.schema.field(measure), pc.cast(one_more, "int64"))

        rewrite(forged, "outcomes", change)
        law = f"FAIL conservation: {measure} <= {other}, by province, type, age and sex: "
        (told,) = [str(finding) for finding in check_run(forged) if str(finding).startswith(law)]
        assert " and " in told


LATE = {
    "period": {"start": "2021-12-29", "end": "2022-01-04", "warmup": "0 d"},
    "aftermath.investigation.backlog": 400,
    "aftermath.settlement": {"cases": 0.4, "suspects": 0.4},
    "aftermath.suspects.roles": {"callers": 0.2, "accounts": 0.8},
}


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run_tiny(tmp_path_factory.mktemp("late") / "run", events="none", engine="vector", **fewer(0.1), **LATE)


@pytest.mark.parametrize("happened", ["cases_solved", "suspects_arrested"])
def test_what_is_settled_too_early_or_never_is_noticed(happened: str, late: sim.Run, tmp_path: Path) -> None:
    run = late
    assert failures(run.path) == []
    settled = {"cases_solved": "cases_settled", "suspects_arrested": "suspects_settled"}[happened]
    later = run.flows[run.flows["day"] >= "2022-01-01"].groupby("quantity")["count"].sum()
    assert later[settled] < later[happened]
    assert run.figure(happened, "2022-01") == later[settled]
    assert run.totals[happened] == run.flows.groupby("quantity")["count"].sum()[settled]
    for day, by, law in (
        ("2022-01-02", 100_000, f"{settled} so far <= {happened} so far"),
        ("2021-12-30", -1, f"{settled} = {happened} at the end of a December"),
    ):
        forged = tmp_path / f"{day}"
        shutil.copytree(run.path, forged)

        def change(stored: pa.Table, day: str = day, by: int = by) -> pa.Table:
            rows = stored.to_pylist()
            one = next(row for row in rows if row["quantity"] == settled and str(row["day"]) == day)
            one["count"] += by
            return pa.Table.from_pylist(rows, schema=stored.schema)

        rewrite(forged, "flows", change)
        assert f"conservation: {law}, by province and of the nation" in failures(forged)


def test_a_suspect_without_a_role_is_noticed(late: sim.Run, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    shutil.copytree(late.path, forged)

    def change(stored: pa.Table) -> pa.Table:
        rows = stored.to_pylist()
        next(row for row in rows if row["quantity"] == "accounts_arrested")["count"] -= 1
        return pa.Table.from_pylist(rows, schema=stored.schema)

    rewrite(forged, "flows", change)
    law = "suspects of all roles = suspects_arrested, by province and of the nation"
    assert failures(forged) == [f"conservation: {law}"]


def test_an_account_that_comes_from_nowhere_is_noticed(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", events="none", engine="vector", **fewer(0.1), **ACCOUNTS)
    assert failures(run.path) == []
    flows = run.flows.groupby("quantity")["count"].sum()
    assert all(run.totals[name] == flows[name] for name in ("accounts_frozen", "false_freezes"))

    def change(stored: pa.Table) -> pa.Table:
        rows = stored.to_pylist()
        next(row for row in rows if row["quantity"] == "accounts_waiting")["value"] += 1.0
        return pa.Table.from_pylist(rows, schema=stored.schema)

    rewrite(run.path, "state", change)
    assert "conservation: accounts at work or waiting, by day and province" in failures(run.path)


def test_what_waits_from_before_the_period_is_no_fault(tmp_path: Path) -> None:
    # What was solved in the warm-up is settled in the period, in which less is solved than that.
    late = {**LATE, "period": {"start": "2021-12-02", "end": "2022-01-02", "warmup": "20 d"}}
    run = run_tiny(tmp_path / "run", events="none", engine="vector", **fewer(0.002), **late)
    assert failures(run.path) == []
    sums = run.flows[run.flows["day"] <= "2021-12-31"].groupby("quantity")["count"].sum()
    assert sums["cases_settled"] > sums["cases_solved"]
