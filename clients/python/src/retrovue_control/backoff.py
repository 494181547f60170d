"""Waits between attempts."""

from __future__ import annotations

import random
import threading
from typing import Callable, Optional, TypeVar

from .failure import PlayoutFailure

T = TypeVar("T")


class Backoff:
    """Waits that double, each somewhere between half of that and all of it, in seconds."""

    def __init__(self, first: float = 0.2, longest: float = 10.0, rand: Callable[[], float] = random.random) -> None:
        self._first = first
        self._longest = longest
        self._rand = rand
        self._attempts = 0

    def next(self) -> float:
        full = min(self._longest, self._first * 2**self._attempts)
        self._attempts += 1
        return full / 2 + full / 2 * self._rand()

    def reset(self) -> None:
        self._attempts = 0


def retrying(call: Callable[[], T], attempts: int = 6, backoff: Optional[Backoff] = None) -> T:
    """Makes a call again while the engine is out of reach; any other failure is the answer."""
    waits = backoff or Backoff()
    attempt = 1
    while True:
        try:
            return call()
        except PlayoutFailure as failure:
            if attempt >= attempts or not failure.is_transient:
                raise
        attempt += 1
        threading.Event().wait(waits.next())
