"""What a process hears, and where it may speak: signals that ask it to end, and a standard error that nobody reads."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import FrameType, ModuleType
from typing import Any

AGAIN_SECONDS = 3.0
"""For so long a signal that comes after another is taken for the same wish: who is impatient presses twice."""


class Stopped(BaseException):
    """A signal asked the process to end. No Exception, as KeyboardInterrupt is none: what goes on after errors ends."""

    def __init__(self, signum: int, kept: str = "nothing half-written was left behind") -> None:
        self.signum = signal.Signals(signum)
        self.kept = kept
        how = "interrupted" if signum == signal.SIGINT else f"ended by {self.signum.name}"
        super().__init__(f"{how}; {kept}")

    @property
    def code(self) -> int:
        """The exit code that shells know: 130 after Ctrl-C, 143 after SIGTERM, 129 where the terminal is gone."""
        return 128 + int(self.signum)


@contextmanager
def hearing_signals() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise `Stopped` in the main thread, but for those that the caller has ignored.

    Within `undisturbed` they wait for its end.
    """
    begun = [-AGAIN_SECONDS]

    def stop(signum: int, frame: FrameType | None) -> None:
        del frame
        now = time.monotonic()
        if _sections:
            _sections[-1] = signum
        elif now - begun[0] >= AGAIN_SECONDS:
            begun[0] = now
            raise Stopped(signum)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for signum in (getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)):
            if signal.getsignal(signum) in (signal.SIG_DFL, signal.default_int_handler):
                before[signum] = signal.signal(signum, stop)
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def end_silently() -> None:
    """What a process does last: an interrupt that comes while the interpreter closes is no traceback any more."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


_sections: list[int] = []
"""A place for the signal that came, for each `undisturbed` that the main thread is in."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """A block that no signal cuts in two: other threads would go on writing what is being cleaned up after it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _sections.append(0)
    try:
        yield
    finally:
        came = _sections.pop()
        if came and _sections:
            _sections[-1] = came
        elif came:
            raise Stopped(came)


class Unminded:
    """A stream that fails nobody: what cannot be written to it, as on a closed pipe or a full disk, is lost."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As any stream."""
        try:
            return int(self._stream.write(text))
        except OSError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """As any stream."""
        try:
            self._stream.flush()
        except OSError:
            silence(self._stream)


class Named:
    """A stream whose errors say what it is called: those of a file that is open do not."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name = stream, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As any stream."""
        with self._named():
            return int(self._stream.write(text))

    def flush(self) -> None:
        """As any stream."""
        with self._named():
            self._stream.flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), self._name) from None


_alone: list[bool] = []
_spared: set[str] = set()


def runs_alone() -> None:
    """Say that this process runs one command and nothing else.

    Its matrices are small: threads of BLAS, one for each core, and started once by numpy and once by scipy, would take
    a quarter of the processor time of a short command and do nothing. Whoever sets their number has it.

    Optional packages are taken for such as are not installed, unless they are loaded, until `reveal` asks for them:
    xarray asks once whether there is a Dask, and wherever there is loads all of it, in half a second, to see whether a
    number is an array of Dask; pandas does the like with pyarrow, in a tenth of one. So they are to be told before
    anything asks: who has heard that there is a Dask and finds none fails.
    """
    _alone.append(True)
    for package in _OPTIONAL:
        if package not in sys.modules:
            # None is what the language has for a module that is not to be found.
            sys.modules[package] = None  # type: ignore[assignment]
            _spared.add(package)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.meta_path.insert(0, _PutOff("numpy.f2py", "numpy.testing", "yaml", "asyncio"))


class _PutOff:
    """Loads modules of which others ask for nothing but their names when anything in them is asked for.

    scipy.special looks at every name that numpy has, and with two of them loads a compiler of Fortran and a frame for
    tests: a third of its own time. numba looks whether there is a yaml, for a file that hardly anybody has, and xarray
    names asyncio for what it loads at the side.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As any finder, for these modules alone."""
        found = PathFinder.find_spec(name, path, target) if name in self._modules else None
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found


_OPTIONAL = ("dask", "pyarrow")


@contextmanager
def loading() -> Iterator[None]:
    """A block that loads what a command works with, where the process runs one command.

    What is loaded stays to the end: the collector of garbage neither looks at it while it grows, which takes a tenth of
    a second, nor later.
    """
    if not _alone:
        yield
        return
    collects, before = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > before:
            gc.freeze()
        if collects:
            gc.enable()


def reveal(package: str) -> None:
    """Let `package` be loaded again, where `runs_alone` took it for one that is not installed."""
    if package in _spared:
        _spared.discard(package)
        del sys.modules[package]


def silence(stream: Any) -> None:
    """Let `stream` lead nowhere from now on, so that what it still holds fails nobody when it is closed."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
