"""The command that lists runs, finished and unfinished, and removes what killed ones left."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.application import command
from sim.cli.common import print_json, refuse, tell
from sim.cli.options import AsJson
from sim.language.labels import headed
from sim.language.spoken import counted, marked, said
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.store.folder import Listed


@command(("tocsin runs", "those in results/runs"))
def runs(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder to search [default: results/runs].")
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove unfinished runs that no process is working on, and list these only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, finished and unfinished, one line each."""
    from sim.store.folder import RUNS, find_runs

    if folder is not None and not folder.is_dir():
        refuse(f"tocsin runs: {ascii_controls(str(folder))}: no such folder; use a folder that holds runs")
    if clean:
        _clean(folder or RUNS, as_json)
        return
    rows = [_listed(found) for found in find_runs(folder or RUNS)]
    if as_json:
        print_json({"runs": rows})
        return
    for row in rows:
        tell(_line(row))
    left = sum(row["status"] == "unfinished" and "process" not in row for row in rows)
    if left:
        where = "" if folder is None else f" {shlex.quote(str(folder))}"
        note = counted(
            "{count:,} run is unfinished, and no process is working on it; remove it with: tocsin runs{where} --clean",
            "{count:,} runs are unfinished, and no process is working on them; remove them with: tocsin runs{where} "
            "--clean",
            count=left,
            where=where,
        )
        typer.echo(ascii_controls(note), err=True)


def _line(row: dict[str, Any]) -> str:
    """Return what the list says of a run."""
    if row["status"] == "unreadable":
        return str(row["damage"])
    line = f"{row['path']}  {said(STATUS[row['status']])}"
    if row["status"] == "finished":
        seed, scale = (f"{said(headed(key))} {row[key]:g}" for key in ("seed", "scale"))
        return f"{line}  {row['name']}  {seed}  {scale}  {row['engine']}  {row['wall_s']:.1f} s"
    return (
        line
        if "process" not in row
        else f"{line}  {said('process {process} is working on it', process=row['process'])}"
    )


STATUS = {
    "finished": marked("finished"),
    "unfinished": marked("unfinished"),
}
"""States of a run, as people read them."""


def _clean(folder: Path, as_json: bool) -> None:
    """Remove what killed runs have left, and print what was removed and what was kept."""
    from sim.store.unfinished import remove_unfinished

    rows = []
    for one in remove_unfinished(folder):
        kept = {} if one.held is False else {"process": one.process}
        rows.append({"path": str(one.path), "status": "kept" if kept else "removed", **kept})
        if as_json:
            continue
        if not kept:
            what = said("removed")
        elif one.held:
            what = said("kept: process {process} is working on it", process=one.process)
        else:
            what = said("kept: process {process} may be working on it", process=one.process)
        tell(f"{one.path}  {what}")
    if as_json:
        print_json({"runs": rows})


def _listed(found: "Listed") -> dict[str, Any]:
    """Return a row of the list of runs: path, status and, of a finished run, what it is."""
    from sim.store.unfinished import unfinished_run

    path, about = str(found.path), found.manifest
    if about is None:
        if found.damage is not None:
            return {"path": path, "status": "unreadable", "damage": found.damage}
        begun = unfinished_run(found.path)
        maker = {"process": begun.process} if begun is not None and begun.held is not False else {}
        return {"path": path, "status": "unfinished", **maker}
    return {
        "path": path,
        "status": "finished",
        **{key: about[key] for key in ("name", "seed", "scale", "engine")},
        "wall_s": about["performance"].get("wall_s") or 0.0,
    }
