"""One studio for the tests of a file, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import missing
from tests.studio.served import Served, served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the studio is started."""
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def studio(place: Path) -> Iterator[Served]:
    """A studio that listens."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError:
        missing("starlette or uvicorn")
    with served(place) as one:
        yield one
