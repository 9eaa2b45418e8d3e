"""The gates that every potential attempt passes, one file a gate, in the order of the cascade.

Each file holds the thresholds that the macro layer computes at midnight and the compiled function that tells whether
an attempt is stopped: it is when its 32-bit uniform is below the threshold.

To add a gate after gate 5, beside a parameter of the scenario and its thresholds in ``sim.midnight.today``:

1. A fate in ``sim.words.Fate``, in the order of the gates.
2. A purpose of its own in ``sim.draws.purposes``, and its uniform in ``uniforms.py``: no other draw changes.
3. A file here, with the thresholds of a day and the compiled function that tells whether an attempt is stopped.
4. In the reference engine, one question in ``Arrival.pass_filters``.
5. In the vector engine, a bit above ``BLOCKED`` (``bits.py``), a threshold of ``Cell`` (``cells.py``), one more draw,
   comparison and count in ``pass_sites`` (``gates.py``), and the fate in ``log_block`` (``attempts.py``).
"""
