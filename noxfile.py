"""The things that people do here, each by one word: ``nox -s check``, ``tests``, ``slow``, ``site``, ``measure``.

``nox`` alone does the first two: what the README's second command does, and the layout. Each has its own environment.
"""

import nox

nox.options.sessions = ["check", "tests"]
nox.options.reuse_existing_virtualenvs = True


def installed(session: nox.Session) -> None:
    """Install the program as it is here, with what its tests need."""
    session.install("-e", ".[test]")


@nox.session
def check(session: nox.Session) -> None:
    """Lint, hold to one layout, check types, look for what nothing uses and for imports that break a contract."""
    installed(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", "sim", "tests", "benchmarks", "noxfile.py")
    session.run("mypy")
    session.run("vulture")
    session.run("lint-imports", "--no-logo")


@nox.session
def tests(session: nox.Session) -> None:
    """Hold every law once; with arguments, those: ``nox -s tests -- tests/shield``."""
    installed(session)
    session.run("python", "-m", "pytest", *(session.posargs or ("-n", "2")))


@nox.session
def slow(session: nox.Session) -> None:
    """Run what needs longer; of it, benchmarks compare with other libraries."""
    session.install("-e", ".[test,bench]")
    session.run("python", "-m", "pytest", "-n", "2", "-m", "slow", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the site, with the references that the program writes, into ``.nox/site/pages``."""
    session.install("-e", ".[site]")
    session.run("python", "-m", "sphinx", "-q", "-W", "-c", "docs", ".", ".nox/site/pages")


@nox.session
def measure(session: nox.Session) -> None:
    """Show the table of benchmarks beside that of the last commit; with arguments, those: ``-- --before REF``."""
    session.install("-e", ".[test,bench]")
    session.run("python", "-m", "benchmarks", *(session.posargs or ("--before", "HEAD")))
