"""A Dask cluster as an executor: its workers, which need this program installed, make the runs."""

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from sim.base.failures import RefusedError


class ClusterError(RefusedError):
    """The cluster cannot be reached, or Dask is not installed."""


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Yield the cluster of a scheduler (``tcp://host:8786``) as an executor, and how many runs it makes at a time.

    Raises:
        ClusterError: If there is no such cluster, or Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("Dask is not installed; run pip install '.[cluster]' in the checkout") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"cannot reach a Dask scheduler at {address} ({error}); give the address of one, for example tcp://host:8786"
        ) from None
    with client:
        try:
            yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
        except BaseException:
            # The command ends. Outcomes that workers are sending fail with the connection, and Dask would log each one.
            logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
            raise
