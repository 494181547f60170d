"""Two ways to sleep until a bus has news."""

from __future__ import annotations

import time

from . import layout
from .memory import Memory, futex_wait, mono_now

#: A look costs microseconds; more of them than this a second would show in a machine's load.
_POLL_NS_MIN = 1_000_000
_POLL_NS_MAX = 10_000_000


class Waiter:
    """
    Sleeps on the bus's futex word, which the engine raises after each commit and wakes. Where the system has or allows
    no futex on a read-only mapping, it looks again after a quarter of a tick instead (1 to 10 ms).
    """

    def __init__(self, control: Memory, tick_ns: int, mode: str = "auto") -> None:
        if mode not in ("auto", "futex", "poll"):
            raise ValueError(f'wait is "auto", "futex" or "poll", not {mode!r}')
        self._control = control
        self._address = control.address_of(layout.HEADER.offsets["futex_word"])
        self._poll_ns = min(max(tick_ns // 4, _POLL_NS_MIN), _POLL_NS_MAX)
        self._futex = mode != "poll"
        self._may_poll = mode != "futex"

    def word(self) -> int:
        """What `sleep` waits to see changed. Read it before looking at the bus."""
        return self._control.u32(layout.HEADER.offsets["futex_word"])

    def sleep(self, seen: int, until: int) -> None:
        """At most until CLOCK_MONOTONIC reaches `until`. May end early."""
        if self._futex and not futex_wait(self._address, seen, until):
            if not self._may_poll:
                raise OSError("futex(2) does not work here")
            self._futex = False
        if not self._futex:
            # At least a moment: a deadline that is just over is the caller's to notice.
            time.sleep(max(0, min(self._poll_ns, until - mono_now())) / 1e9)
