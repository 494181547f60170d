"""
Drives a RetroVue playout engine over gRPC: typed by the messages that protoc makes of the engine's proto files.

    from retrovue_control import PlayoutClient, load_messages

    messages = load_messages("stubs")           # folder that protoc wrote to
    with PlayoutClient("127.0.0.1:50051", messages) as engine:
        engine.control.StartChannel(messages.StartChannelRequest(channel_id=1, plan_handle="evening"))
"""

from .backoff import Backoff, retrying
from .client import PlayoutClient
from .events import follow_events
from .failure import PlayoutFailure
from .master import lead_clock
from .messages import Messages, generate, load_messages

__all__ = [
    "Backoff",
    "Messages",
    "PlayoutClient",
    "PlayoutFailure",
    "follow_events",
    "generate",
    "lead_clock",
    "load_messages",
    "retrying",
]
