"""Compile one function in another process, while this one compiles others.

Compiling is work for one core. The other process stores machine code on disk, where the next caller of the function
finds it; if that process fails, the caller compiles.
"""

import contextlib
import gc
import os
import pickle
import subprocess
import sys
from importlib import import_module
from typing import Any

import numba

from sim.draws.compiled import IS_COMPILED, machine_code_folder

_typeof: Any = numba.typeof


class Beside:
    """A process that loads the program when it begins, and compiles when it receives types of arguments."""

    def __init__(self, function: Any, wanted: bool) -> None:
        """Start the process, if it is wanted and there is a folder for machine code.

        Args:
            function: A compiled function of a module.
            wanted: Whether its machine code is missing, and a core is free to compile it.
        """
        self._process: subprocess.Popen[bytes] | None = None
        if not (wanted and IS_COMPILED and machine_code_folder()):
            return
        command = [sys.executable, "-m", __name__, function.__module__, function.__name__]
        silent = subprocess.DEVNULL
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=silent,
                stderr=silent,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )

    @property
    def is_wanted(self) -> bool:
        """Whether the process waits for types."""
        return self._process is not None

    def compile(self, *arguments: Any) -> None:
        """Send the types of the arguments with which the function will be called."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(pickle.dumps(tuple(_typeof(one) for one in arguments)))
                self._process.stdin.close()

    def wait(self) -> None:
        """Wait for the end of the process."""
        if self._process is not None:
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def main() -> None:
    """Compile the function named in the command for the types read from standard input."""
    module, name = sys.argv[1:]
    function = getattr(import_module(module), name)
    told = sys.stdin.buffer.read()
    if told:
        gc.disable()  # it takes a twentieth of the time, and this process ends soon
        function.compile(pickle.loads(told))
        gc.freeze()  # nor does it search at the end, for which the run waits


if __name__ == "__main__":
    main()
