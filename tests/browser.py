"""A browser for tests of pages, and axe-core, which looks for what a screen reader or a weak eye cannot use."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, NoReturn

import pytest

SERIOUS = ("serious", "critical")
"""What axe-core calls a finding that shuts somebody out."""


def missing(what: str) -> NoReturn:
    """Skip where a tool is missing, but fail where the machine is there to run everything."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing; .ci/run installs it")
    pytest.skip(f"{what} is missing")


def browser_program() -> str | None:
    """Return the program of a browser of Chromium's kind on this machine, if there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def launched(program: str) -> Iterator[Any]:
    """Start a browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    program = browser_program()
    if program is None:
        missing("chromium")
    with launched(program) as browser:
        yield browser


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, for ``serious``."""
    try:
        return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        missing("axe-playwright-python")


def serious(page: Any, axe: str) -> list[str]:
    """Return what axe-core finds serious or critical on a page of the browser; what is folded there is opened.

    Args:
        page: A page of Playwright, on which nothing else is called axe.
        axe: The source of axe-core, which is the fixture of that name.

    Returns:
        A line a finding: its rule, how grave it is, the first element of which it is true, and why.
    """
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    violations = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
        for one in violations
        if one["impact"] in SERIOUS
    ]
