"""A Dask cluster as an executor: runs are made by its workers, which have this program installed."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from sim.base.failures import RefusedError


class ClusterError(RefusedError):
    """The cluster cannot be reached, or the package that would reach it is not installed."""


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Connect to a cluster for as long as a ``with`` block lasts.

    Args:
        address: That of its scheduler, such as ``tcp://host:8786``.

    Yields:
        The cluster as an executor, and how many runs its workers can make at a time.

    Raises:
        ClusterError: If there is no such cluster, or Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("dask is not installed; pip install 'tocsin[cluster]'") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"{address}: {error}; the address of a running scheduler, such as tcp://host:8786") from None
    with client:
        yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
