"""The forecast of a command, before anything is simulated: runs, time, memory, disk. No result depends on it.

``work`` estimates the work of a run, ``machine`` the speed of this machine, ``cost`` the cost of a run on it, ``job``
that of a command.
"""
