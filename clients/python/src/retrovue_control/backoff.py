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


def retrying(
    call: Callable[[], T], attempts: int = 6, backoff: Optional[Backoff] = None, is_idempotent: bool = False
) -> T:
    """
    Makes a call again while the engine is out of reach, or says that it is starting or stopping; any other failure is the answer.
    Only calls that surely never began are made again, unless ``is_idempotent`` says that carrying one out twice does no harm.
    """
    waits = backoff or Backoff()
    attempt = 1
    while True:
        try:
            return call()
        except PlayoutFailure as failure:
            may_repeat = failure.is_transient if is_idempotent else failure.never_began
            if attempt >= attempts or not may_repeat:
                raise
        attempt += 1
        threading.Event().wait(waits.next())
