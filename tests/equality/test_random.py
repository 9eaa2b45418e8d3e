"""Random scenarios through both engines: rules that no bundled scenario brings together still give the same bytes."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import wild

# Without shrinking: it would take minutes, and the report says where the engines part.
SETTINGS = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


@pytest.mark.slow
@SETTINGS
@given(values=wild(), workers=st.integers(1, 3))
def test_both_engines_write_the_same_bytes(values: dict[str, Any], workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_equal(*run_both(Path(folder), "tiny", workers=workers, **values))
