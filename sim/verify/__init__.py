"""Tests of both engines against theory, and of the generator against chance, for ``tocsin verify``.

``desks``, ``disciplines``, ``schedules``, ``streams``, ``stocks`` and ``laws`` list scenarios that theory can solve;
``randomness`` tests the counters that the engines use; ``verification`` judges all p-values together, and ``page``
writes them into ``docs/verification.md``. The formulas of theory are in ``queues`` and ``chain``, without any code of
the engines.
"""
