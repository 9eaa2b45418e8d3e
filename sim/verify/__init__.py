"""Tests of both engines against theory, and of the generator against chance, for ``tocsin verify``.

``desks``, ``hours`` and ``streams`` list scenarios that theory can solve; ``used`` tests the draws of a run by
``randomness``; ``verification`` judges all p-values together, and ``page`` writes them into ``docs/verification.md``.
The formulas of theory are in ``queues`` and ``chain``, without any code of the engines.
"""
