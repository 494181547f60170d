"""How house time follows the machine's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class ClockMapping:
    """house = house_anchor + (mono - mono_anchor) * (1e9 + rate_ppb) / 1e9, rounded down; all in nanoseconds."""

    #: Rises with every change.
    sequence: int
    #: CLOCK_MONOTONIC at the anchor.
    mono_anchor: int
    house_anchor: int
    #: Parts per billion beside real time; -1 000 000 000: time stands still.
    rate_ppb: int

    def house_at(self, mono: int) -> int:
        return self.house_anchor + (mono - self.mono_anchor) * (_NS_PER_S + self.rate_ppb) // _NS_PER_S

    def mono_at(self, house: int) -> Optional[int]:
        """The first instant at which house time has reached `house`; None where time stands still before it."""
        rate = _NS_PER_S + self.rate_ppb
        since = house - self.house_anchor
        if rate <= 0:
            return self.mono_anchor if since <= 0 else None
        return self.mono_anchor - (-since * _NS_PER_S // rate)
