"""Both engines against theory, and the generator against chance: what ``tocsin verify`` checks.

``studies`` lists scenarios that theory can solve, ``randomness`` looks at the counters that the engines use;
``verification`` judges all p-values together, ``page`` writes them into ``docs/verification.md``. What theory says
stands in ``queues`` and ``chain``, apart from any code of the engines.
"""
