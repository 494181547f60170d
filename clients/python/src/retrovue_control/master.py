"""Leads an engine's clock."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Optional

from .backoff import Backoff
from .client import PlayoutClient
from .failure import PlayoutFailure


def lead_clock(
    client: PlayoutClient,
    master_id: str,
    stop: threading.Event,
    now: Callable[[], int] = time.time_ns,
    on_answer: Optional[Callable[[Any], None]] = None,
    backoff: Optional[Backoff] = None,
) -> None:
    """
    Makes exchange after exchange at the pace that the engine asks for, until ``stop`` is set; goes on when the engine comes
    back. ``now`` is the master's time in nanoseconds since the Unix epoch.
    """
    waits = backoff or Backoff()
    # Numbers must grow over restarts of the master under the same name, so they begin at its time.
    sequence = now() // 1_000_000
    previous = None
    run_id = None
    while not stop.is_set():
        sequence += 1
        request = client.messages.ExchangeRequest(master_id=master_id, sequence=sequence)
        if previous is not None:
            request.previous.sequence, request.previous.master_receive_ns = previous
        request.master_send_ns = now()
        try:
            answer = client.clock.Exchange(request)
        except PlayoutFailure as failure:
            if not failure.is_transient:
                raise
            previous = None
            stop.wait(waits.next())
            continue
        received = now()
        previous = (sequence, received) if run_id in (None, answer.run_id) else None
        run_id = answer.run_id
        waits.reset()
        if on_answer is not None:
            on_answer(answer)
        stop.wait(answer.next_in.seconds + answer.next_in.nanos / 1e9)
