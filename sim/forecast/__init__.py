"""The forecast: what a command will take, said before anything is simulated: runs, time, memory, disk.

``work`` says how much there is to do in a run of a scenario, ``machine`` how quick this machine is, ``cost`` what the
one costs on the other, ``job`` adds up the runs of a command. No result depends on any of it.
"""
