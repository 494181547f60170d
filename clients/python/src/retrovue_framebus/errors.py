"""What can go wrong with a bus. Values (an overrun, a verdict) are no errors."""

from __future__ import annotations


class BusError(Exception):
    """Any failure of this package. The message says what happened and then what to do."""


class BusNotFound(BusError):
    """There is no bus of this name (yet), or its engine is dead. Comes from opening only."""


class BusIncompatible(BusError):
    """The object is truncated or foreign, or has another layout version than this package reads."""


class BusDenied(BusError, PermissionError):
    """The objects may not be read by this user: join the engine's group."""


class BusStale(BusError):
    """The bus was replaced or closed, or its engine is gone: close the reader and open again."""


class BusTimeout(BusError, TimeoutError):
    """The tick was not committed in time. The reader goes on as if nothing had been asked."""


class BusClosed(BusError):
    """The reader was used after it was closed."""
