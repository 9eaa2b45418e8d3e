"""Both engines against theory, and the generator against chance: what ``tocsin verify`` checks.

``desks``, ``disciplines``, ``schedules``, ``streams``, ``stocks`` and ``laws`` list scenarios that theory can solve;
``randomness`` tests the counters that the engines use; ``verification`` judges all p-values together, and ``page``
writes them into ``docs/verification.md``. The formulas of theory are in ``queues`` and ``chain``, without any code of
the engines.
"""
