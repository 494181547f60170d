"""How a call failed."""

from __future__ import annotations

from typing import Any, Dict, Optional

import grpc

DOMAIN = "playout.retrovue"

# gRPC's words for calls that found no connection; it has no code of its own for them. Other words are taken for a call that broke.
UNCONNECTED = ("failed to connect to all addresses", "DNS resolution failed")


class PlayoutFailure(Exception):
    """A failed call: ``status`` as gRPC has it, and the engine's own ``code``, as ``UnknownChannel``."""

    def __init__(self, error: grpc.RpcError, messages: Any) -> None:
        super().__init__(error.details())
        self.status: grpc.StatusCode = error.code()
        self.code: Optional[str] = None
        self.details: Dict[str, str] = {}
        info = _info(error, messages)
        if info is not None:
            self.code = info.reason
            self.details = dict(info.metadata)

    @property
    def is_transient(self) -> bool:
        """True where the engine is out of reach for now. The call may have been carried out all the same."""
        # With its own code an engine cancels calls that were at work when it ended.
        return self.status == grpc.StatusCode.UNAVAILABLE or self.code == "Cancelled"

    @property
    def never_began(self) -> bool:
        """True where the call was surely not begun, so that making it again is safe: the engine said so, or nothing was sent."""
        if self.code is not None:
            return self.code == "Unavailable"
        return self.is_transient and str(self).startswith(UNCONNECTED)


def _info(error: grpc.RpcError, messages: Any) -> Any:
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in messages.Status.FromString(value).details:
            info = messages.ErrorInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                return info
    return None
