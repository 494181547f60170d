"""How a call failed."""

from __future__ import annotations

from typing import Any, Dict, Optional

import grpc

DOMAIN = "playout.retrovue"


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
        """True where the engine never began the call, so that making it again is safe."""
        return self.status == grpc.StatusCode.UNAVAILABLE


def _info(error: grpc.RpcError, messages: Any) -> Any:
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in messages.Status.FromString(value).details:
            info = messages.ErrorInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                return info
    return None
