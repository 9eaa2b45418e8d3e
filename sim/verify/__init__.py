"""Tests of both engines against theory, and of the generator against chance, for ``tocsin verify``.

``desks`` and ``streams`` list scenarios that theory can solve; ``randomness`` tests the draws of a run;
``verification`` judges all p-values together, and writes them into ``docs/verification.md``.
"""
