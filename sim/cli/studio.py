"""The command that serves a local page on which a policy is changed and run."""

from typing import Annotated

import typer

from sim.cli.application import command
from sim.cli.common import tell
from sim.cli.options import bundled
from sim.language.spoken import said
from sim.scenario.bundled import FLAGSHIP


@command(
    ("tocsin studio", "a page on the flagship, in the browser; end it with Ctrl+C"),
    ("tocsin studio example-country --port 8080 --no-browser", "another baseline; open the printed address yourself"),
)
def studio(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]", help="The baseline: a bundled name or a YAML file.", autocompletion=bundled
        ),
    ] = FLAGSHIP,
    *,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=65535, help="Port on 127.0.0.1 [default: one that is free]."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address only, and open no browser.")
    ] = False,
) -> None:
    """Change a policy on a local page, compare it with the baseline, and save it as a YAML file."""
    from sim.studio.server import FOLDER, serve

    def told(address: str) -> None:
        tell(
            said(
                "{address}  Open this address; policies are kept in {folder}; end with Ctrl+C",
                address=address,
                folder=FOLDER,
            )
        )

    serve(scenario, told, port, browser=not no_browser)
