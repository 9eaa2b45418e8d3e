"""A function that is compiled wherever this module is loaded, for tests that compile it in several processes."""

from sim.draws.compiled import compiled


@compiled
def tripled(number: int) -> int:
    """Return three times a number."""
    return 3 * number
