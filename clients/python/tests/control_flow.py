"""
One scheduler's life against a running engine, over gRPC: `control_flow.py STUBS ADDRESS FLOW`. Each flow says "done" at its end,
or fails with what was wrong.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from retrovue_control import Backoff, PlayoutClient, PlayoutFailure, follow_events, lead_clock, load_messages, retrying  # noqa: E402

ASSET = "test://pattern?duration=60s&size=16x16&mark=compact"


def equal(got: object, wanted: object, what: str) -> None:
    assert got == wanted, f"{what}: expected {wanted!r}, got {got!r}"


def fails(code: str, call: object) -> PlayoutFailure:
    try:
        call()  # type: ignore[operator]
    except PlayoutFailure as failure:
        equal(failure.code, code, "the code")
        return failure
    raise AssertionError(f"expected {code}")


def classic(engine: PlayoutClient) -> None:
    """The three calls that existing schedulers make, by the numbers that they have always had."""
    m = engine.messages
    equal(engine.control.GetVersion(m.ApiVersionRequest()).version, "1.1.0", "the version")
    start = m.StartChannelRequest(channel_id=5, plan_handle=ASSET, port=0)
    answer = engine.control.StartChannel(start)
    equal((answer.success, answer.message), (True, "started"), "the start")
    equal(engine.control.StartChannel(start).message, "already started", "the second start")
    update = m.UpdatePlanRequest(channel_id=5, plan_handle=f"{ASSET}&id=2")
    equal(engine.control.UpdatePlan(update).success, True, "the update")
    equal(engine.control.StopChannel(m.StopChannelRequest(channel_id=5)).success, True, "the stop")
    equal(engine.control.StopChannel(m.StopChannelRequest(channel_id=5)).message, "already stopped", "the second stop")
    fails("UnknownChannel", lambda: engine.control.StopChannel(m.StopChannelRequest(channel_id=99)))
    failure = fails("InvalidArgument", lambda: engine.control.StopChannel(m.StopChannelRequest(channel_id=0)))
    equal(failure.details["field"], "channel_id", "the field")
    fails("Unimplemented", lambda: engine.control.AttachStream(m.AttachStreamRequest(channel_id=5)))


def plans(engine: PlayoutClient) -> None:
    m = engine.messages
    plan = m.PlayoutPlan(title="From Python")
    plan.segments.add(uri=ASSET).duration.FromSeconds(20)
    checked = engine.status.CheckPlan(m.CheckPlanRequest(channel_id=1, plan=plan))
    equal((checked.will_air, len(checked.segments)), (True, 1), "the check")
    dry = engine.plans.ApplyPlan(m.ApplyPlanRequest(channel_id=1, plan=plan, dry_run=True))
    wet = engine.plans.ApplyPlan(m.ApplyPlanRequest(channel_id=1, plan=plan, expected_revision=dry.revision - 1))
    equal((wet.revision, wet.changed), (dry.revision, True), "the apply")
    read = engine.plans.GetPlan(m.GetPlanRequest(channel_id=1))
    equal((read.revision, read.source), (wet.revision, "inline"), "the plan read back")
    fails("RevisionConflict", lambda: engine.plans.ApplyPlan(m.ApplyPlanRequest(channel_id=1, plan=plan, expected_revision=99)))
    listed = engine.status.ListChannels(m.ListChannelsRequest())
    equal([channel.channel_id for channel in listed.channels][:2], [1, 2], "the channels")


def switch(engine: PlayoutClient) -> None:
    m = engine.messages
    engine.control.StartChannel(m.StartChannelRequest(channel_id=2, plan_handle=ASSET))
    none = engine.control.SwitchToLive(m.SwitchToLiveRequest(channel_id=2))
    equal((none.success, none.result_code), (False, m.RESULT_CODE_PROTOCOL_VIOLATION), "a switch without a preview")
    loaded = engine.control.LoadPreview(m.LoadPreviewRequest(channel_id=2, asset_path=f"{ASSET}&id=3", frame_count=-1))
    equal((loaded.success, loaded.shadow_decode_started), (True, True), "the preview")
    target = int(time.time() * 1000) + 1500
    done = engine.control.SwitchToLive(m.SwitchToLiveRequest(channel_id=2, target_boundary_time_ms=target))
    equal((done.success, done.pts_contiguous, done.result_code), (True, True, m.RESULT_CODE_OK), "the switch")
    assert 0 <= done.switch_completion_time_ms - target <= 40, "it came on the boundary's tick"
    on_air = engine.status.GetChannel(m.GetChannelRequest(channel_id=2)).channel.on_air
    equal(on_air.segment.uri, f"{ASSET}&id=3", "what is on air")


def survivor(engine: PlayoutClient) -> None:
    """Changes the plan, says so, waits to see the engine's server go and come back, and misses nothing."""
    m = engine.messages
    state = engine.status.ListChannels(m.ListChannelsRequest()).engine
    events = follow_events(engine, (1,), (state.run_id, state.event_sequence), Backoff(first=0.05))
    update = lambda n: retrying(  # noqa: E731
        lambda: engine.control.UpdatePlan(m.UpdatePlanRequest(channel_id=1, plan_handle=f"{ASSET}&id={n}")),
        attempts=50,
        backoff=Backoff(first=0.05, longest=0.5),
    )
    update(4)
    wait_for(events, 1)
    print("ready", flush=True)
    sys.stdin.readline()
    update(5)
    wait_for(events, 1)


def wait_for(events: object, plans_applied: int) -> None:
    seen = 0
    last = None
    for event in events:  # type: ignore[attr-defined]
        kind = event.WhichOneof("event")
        assert kind != "events_lost", "nothing is lost while the engine itself lives"
        assert last is None or event.sequence > last, "no event comes twice"
        last = event.sequence
        seen += kind == "plan_applied"
        if seen == plans_applied:
            return


def heartbeats(engine: PlayoutClient) -> None:
    """A watch of a quiet channel that breaks goes on after the last heartbeat. Its server is one of our own, which breaks it when told."""
    m = engine.messages
    asked = []

    def watch(request: object, context: grpc.ServicerContext) -> object:
        asked.append((request.run_id, request.after_sequence))  # type: ignore[attr-defined]
        yield m.Event(run_id="run-1", sequence=1, watch_started=m.WatchStarted())
        if len(asked) == 1:
            yield m.Event(run_id="run-1", sequence=5, heartbeat=m.Heartbeat())
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        yield m.Event(run_id="run-1", sequence=6, channel_id=1, channel_state_changed=m.ChannelStateChanged())

    handler = grpc.unary_stream_rpc_method_handler(
        watch, m.WatchEventsRequest.FromString, lambda event: event.SerializeToString()
    )
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    status = grpc.method_handlers_generic_handler("retrovue.playout.PlayoutStatus", {"WatchEvents": handler})
    server.add_generic_rpc_handlers((status,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with PlayoutClient(f"127.0.0.1:{port}", m) as client:
        event = next(follow_events(client, (1,), backoff=Backoff(first=0.01)))
    server.stop(None)
    equal((event.sequence, asked), (6, [("", 0), ("run-1", 5)]), "where the watch goes on")


def returns(engine: PlayoutClient) -> None:
    """A scheduler that died and comes back: it reads the state, and goes on from there without sending everything again."""
    m = engine.messages
    channel = engine.status.GetChannel(m.GetChannelRequest(channel_id=1)).channel
    assert channel.plan_revision > 0, "the plan of before is in force"
    read = engine.plans.GetPlan(m.GetPlanRequest(channel_id=1))
    equal(read.revision, channel.plan_revision, "the revision")
    again = engine.plans.ApplyPlan(m.ApplyPlanRequest(channel_id=1, plan=read.plan))
    equal(again.changed, False, "sending it again")


def master(engine: PlayoutClient) -> None:
    """Leads the clock until it is locked."""
    stop = threading.Event()
    states = []

    def hear(answer: object) -> None:
        states.append(answer.clock.state)  # type: ignore[attr-defined]
        if answer.clock.state == engine.messages.CLOCK_STATE_LOCKED:  # type: ignore[attr-defined]
            stop.set()

    lead_clock(engine, "python", stop, on_answer=hear)
    equal(states[-1], engine.messages.CLOCK_STATE_LOCKED, "the clock's state")


def cut_off(engine: PlayoutClient) -> None:
    """A call that broke with its connection is not made again unless that does no harm; one that nobody took is."""
    m = engine.messages
    with HangingUp() as peer, PlayoutClient(peer.address, m) as client:
        stop = lambda: client.control.StopChannel(m.StopChannelRequest(channel_id=1))  # noqa: E731
        for is_idempotent, calls in ((False, 1), (True, 3)):
            before = peer.requests
            try:
                retrying(stop, attempts=3, backoff=Backoff(first=0.001), is_idempotent=is_idempotent)
            except PlayoutFailure as failure:
                equal((failure.is_transient, failure.never_began), (True, False), "what is known")
            equal(peer.requests - before, calls, "the calls that came")
    for address in ("127.0.0.1:1", "unix:/nowhere/playout.sock"):
        with PlayoutClient(address, m) as client:
            attempts = []

            def call() -> object:
                attempts.append(1)
                return client.control.StopChannel(m.StopChannelRequest(channel_id=1))

            try:
                retrying(call, attempts=2, backoff=Backoff(first=0.001))
            except PlayoutFailure as failure:
                equal((failure.is_transient, failure.never_began), (True, True), str(failure))
            equal(len(attempts), 2, "the attempts")


class HangingUp:
    """A peer of HTTP/2 that hangs up once it has a request."""

    SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    PREFACE_BYTES, HEAD_BYTES, DATA = 24, 9, 0

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._server.getsockname()[1]
        self.requests = 0

    def __enter__(self) -> "HangingUp":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as frames:
                connection.sendall(self.SETTINGS)
                frames.read(self.PREFACE_BYTES)
                kind = None
                while kind != self.DATA:
                    head = frames.read(self.HEAD_BYTES)
                    if len(head) < self.HEAD_BYTES:
                        break
                    kind = head[3]
                    frames.read(int.from_bytes(head[:3], "big"))
                self.requests += kind == self.DATA


def main() -> int:
    stubs, address, flow = sys.argv[1:]
    messages = load_messages(stubs)
    with PlayoutClient(address, messages) as engine:
        retrying(lambda: engine.control.GetVersion(messages.ApiVersionRequest()), attempts=30)
        globals()[flow](engine)
    print("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
