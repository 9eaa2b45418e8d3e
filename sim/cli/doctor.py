"""The command that says what is installed, and whether this machine can run."""

from typing import Any

import typer

from sim.cli.application import command
from sim.cli.common import DONE, FAILED, print_json, tell
from sim.cli.options import AsJson
from sim.language.spoken import ENGLISH, counted, said, speaking, spoken


@command(("tocsin doctor", "exit code 1 if something is missing"))
def doctor(as_json: AsJson = False) -> None:
    """Show versions, processor, memory, disk and machine code, and what is missing."""
    from sim.progress import console
    from sim.store.installation import installation
    from sim.told.text_tables import TextTable, show

    with speaking(ENGLISH if as_json else spoken()):
        found = installation()
    problems = [one.problem for one in found if one.problem]
    if as_json:
        document: dict[str, Any] = {one.key: one.value for one in found}
        print_json({**document, "problems": problems})
    else:
        table = TextTable(["", said("found")], (0, 1))
        for one in found:
            table.add_row(one.name, one.told)
        show(console(), [table])
        for problem in problems:
            tell(said("problem: {problem}", problem=problem))
        found_some = counted("{count} problem", "{count} problems", count=len(problems))
        tell(found_some if problems else said("No problems found."))
    raise typer.Exit(FAILED if problems else DONE)
