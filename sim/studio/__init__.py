"""Serve a studio on this machine until it is interrupted."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

from sim.base.failures import RefusedError
from sim.store.folder import holding

FOLDER = Path("results") / "studio"
"""Where a studio keeps its policies and runs; it writes nowhere else."""

HERE = "127.0.0.1"
"""The only address that it listens on."""

GRACE_S = 2
"""Seconds that open requests have when the server ends."""


class StudioError(RefusedError):
    """A studio cannot be served: a library is missing, or the port is taken."""


def serve(
    scenario: str, tell: Callable[[str], None], port: int | None = None, browser: bool = True, folder: Path = FOLDER
) -> None:
    """Serve the studio of a scenario, the baseline, until an interrupt.

    A ScenarioError has the mistakes of the scenario; a FolderError says that another studio uses the folder.

    Args:
        scenario: A bundled name or a YAML file.
        tell: Called once with the address, which has the token, when the server listens.
        port: The port; by default one that is free.
        browser: Whether the address is opened in a browser.
        folder: Where policies and runs are kept.

    Raises:
        StudioError: Where the extra ``studio`` is not installed, or the port is taken.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ModuleNotFoundError:
        raise StudioError(
            "Starlette and Uvicorn are not installed; run pip install '.[studio]' in the checkout"
        ) from None
    from sim.studio.app import Guard, Studio, application
    from sim.studio.policies import Policies

    class Server(uvicorn.Server):
        """Tells where it listens, and ends the open streams before it waits for them."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
                signal.signal(signal.SIGHUP, self.handle_exit)  # as uvicorn itself hears the other signals
            tell(address)
            if browser:
                await asyncio.to_thread(webbrowser.open, address)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            studio.studies.stop()
            asyncio.get_running_loop().call_later(GRACE_S, self._cut)
            await super().shutdown(sockets)

        def _cut(self) -> None:
            for task in self.server_state.tasks:
                task.cancel()

    policies = Policies(folder, scenario)
    with _listening(port) as listening:
        taken = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        address = f"http://{HERE}:{taken}/?token={token}"
        folder.mkdir(parents=True, exist_ok=True)
        with holding(folder):
            studio = Studio(policies, folder / "runs", os.cpu_count() or 1)
            config = uvicorn.Config(
                Guard(application(studio), taken, token),
                log_level="warning",
                access_log=False,
                lifespan="on",
                ws="none",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=2 * GRACE_S,
            )
            with contextlib.suppress(KeyboardInterrupt):
                Server(config).run(sockets=[listening])


def _listening(port: int | None) -> socket.socket:
    """Return a socket that listens on a port of this machine only; StudioError where it cannot."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HERE, port or 0))
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or error
        raise StudioError(f"--port {port}: {why}; use another port, or none") from None
    return listening
