"""The plain queue as a model of cimba; imported only where cimba is installed, in a separate process."""

import cimba as cb
from cimba import inputs

from benchmarks.customers import SERVERS, Customers, Served


class Line(cb.Model):
    """One line, before it arrivals, behind it seats; cimba compiles it once a process."""

    customers: cb.Param[int]
    gap: cb.Input[float]
    service: cb.Input[float]
    line: cb.Store[float]
    wait: cb.Dataset
    mean_wait: cb.Output[float]
    served: cb.Output[float]

    @cb.process
    def arrivals(self) -> None:
        """Let customers join the line, each as the moment of arrival."""
        for _ in range(self.customers):
            cb.hold(self.gap.next())
            self.line.put(cb.now())

    @cb.process(copies=SERVERS)
    def seat(self) -> None:
        """Serve one after the other; each seat is a process."""
        while True:
            arrived = self.line.get()
            self.wait.record(cb.now() - arrived)
            cb.hold(self.service.next())

    @cb.on_end
    def measure(self) -> None:
        """Keep what is asked for."""
        self.mean_wait = self.wait.sample_mean()
        self.served = self.wait.sample_count()


def serve(customers: Customers) -> Served:
    """Serve on one core until nobody is left."""
    model = Line()
    model.customers = len(customers)
    model.gap = inputs.trace(customers.gaps)
    model.service = inputs.trace(customers.services)
    results = cb.Experiment(model, window=cb.Window.until_idle()).run(workers=1, on_failure="raise")
    return Served(int(results[model].served[0, 0]), float(results[model].mean_wait[0, 0]))
