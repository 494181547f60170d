"""A client of one engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Iterator, Optional, Sequence, Tuple

import grpc

from .failure import PlayoutFailure
from .messages import Messages, class_of, is_streaming


class PlayoutClient:
    """
    The services of an engine, each call a function by its name: ``client.control.StartChannel(request)``. Calls raise
    ``PlayoutFailure``; streaming ones answer an iterator with a ``cancel`` of its own.
    """

    def __init__(
        self,
        address: str,
        messages: Messages,
        token: Optional[str] = None,
        credentials: Optional[grpc.ChannelCredentials] = None,
    ) -> None:
        self.messages = messages
        self._metadata: Tuple[Tuple[str, str], ...] = ()
        if token is not None:
            self._metadata = (("authorization", f"Bearer {token}"),)
        # A scheduler wants to know within seconds that an engine is back; the default grows to two minutes.
        options = (("grpc.max_reconnect_backoff_ms", 2_000), ("grpc.initial_reconnect_backoff_ms", 100))
        self._channel = (
            grpc.insecure_channel(address, options=options)
            if credentials is None
            else grpc.secure_channel(address, credentials, options=options)
        )
        self.control = self._service("retrovue.playout.PlayoutControl")
        self.plans = self._service("retrovue.playout.PlayoutPlans")
        self.status = self._service("retrovue.playout.PlayoutStatus")
        self.clock = self._service("retrovue.playout.MasterClock")

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> "PlayoutClient":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _service(self, name: str) -> Any:
        service = self.messages.services[name]
        return SimpleNamespace(**{method.name: self._call(name, method) for method in service.methods})

    def _call(self, service: str, method: Any) -> Any:
        make = self._channel.unary_stream if is_streaming(method) else self._channel.unary_unary
        call = make(
            f"/{service}/{method.name}",
            request_serializer=class_of(method.input_type).SerializeToString,
            response_deserializer=class_of(method.output_type).FromString,
        )

        def metadata_of(correlation_id: Optional[str]) -> Sequence[Tuple[str, str]]:
            own = () if correlation_id is None else (("x-correlation-id", correlation_id),)
            return (*self._metadata, *own)

        def unary(request: Any, timeout: Optional[float] = None, correlation_id: Optional[str] = None) -> Any:
            try:
                return call(request, timeout=timeout, metadata=metadata_of(correlation_id))
            except grpc.RpcError as error:
                raise PlayoutFailure(error, self.messages) from error

        def stream(request: Any, timeout: Optional[float] = None, correlation_id: Optional[str] = None) -> "Stream":
            return Stream(call(request, timeout=timeout, metadata=metadata_of(correlation_id)), self.messages)

        return stream if is_streaming(method) else unary


class Stream:
    """Messages as they come. Ends when it is cancelled; raises ``PlayoutFailure`` where the engine ends it."""

    def __init__(self, call: Any, messages: Messages) -> None:
        self._call = call
        self._messages = messages

    def cancel(self) -> None:
        self._call.cancel()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.CANCELLED:
                raise StopIteration from None
            raise PlayoutFailure(error, self._messages) from error
