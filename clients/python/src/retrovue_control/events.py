"""An engine's events, followed across its restarts."""

from __future__ import annotations

import threading
from typing import Any, Iterator, Optional, Sequence, Tuple

import grpc

from .backoff import Backoff
from .client import PlayoutClient
from .failure import PlayoutFailure

RESUMABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


def follow_events(
    client: PlayoutClient,
    channel_ids: Sequence[int] = (),
    after: Optional[Tuple[str, int]] = None,
    backoff: Optional[Backoff] = None,
) -> Iterator[Any]:
    """
    Events for ever: reconnects with growing waits and resumes after the last one seen, or the last heartbeat, so that
    none is lost or doubled.
    ``after`` is the run and the sequence of the last event that the caller has seen. An event whose kind is ``events_lost``
    says that some are gone: read the state anew.
    """
    waits = backoff or Backoff()
    while True:
        request = client.messages.WatchEventsRequest(channel_ids=channel_ids)
        if after is not None:
            request.run_id, request.after_sequence = after
        stream = client.status.WatchEvents(request)
        try:
            for event in stream:
                waits.reset()
                kind = event.WhichOneof("event")
                if kind == "watch_started" and after is None:
                    after = (event.run_id, event.sequence)
                if kind == "heartbeat":
                    # All before it has come, and what of it is of other channels need not be kept for us.
                    after = (event.run_id, event.sequence)
                if kind in ("watch_started", "heartbeat"):
                    continue
                if kind == "events_lost":
                    lost = event.events_lost
                    after = (event.run_id, 0 if lost.other_run else lost.sequence_to)
                else:
                    after = (event.run_id, event.sequence)
                yield event
            return
        except PlayoutFailure as failure:
            if failure.status not in RESUMABLE:
                raise
        finally:
            stream.cancel()
        threading.Event().wait(waits.next())
