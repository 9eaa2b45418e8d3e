"""A Dask cluster as an executor: runs go to its workers, which have this program installed."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager


class ClusterError(Exception):
    """There is no such cluster, or nothing to speak to it with."""


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Give the executor of the scheduler at an address (``tcp://host:8786``), and how many runs fit on its workers.

    Raises ClusterError.
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
