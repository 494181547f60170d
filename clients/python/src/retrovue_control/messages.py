"""The messages of the control API, made by protoc."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

from google.protobuf import descriptor_pb2, message_factory

FILES = (
    "google.rpc.status",
    "google.rpc.error_details",
    "retrovue.playout",
    "retrovue.playout_plans",
    "retrovue.playout_events",
    "retrovue.playout_status",
    "retrovue.master_clock",
)


def generate(protos: str, out: str, protoc: str = "protoc") -> None:
    """
    Has protoc write the messages into the folder ``out``. ``protos`` is the engine's folder ``proto``, or a set of
    descriptors such as its ``baseline.binpb``, which needs no other files.
    """
    Path(out).mkdir(parents=True, exist_ok=True)
    names = [f"{name.replace('.', '/')}.proto" for name in FILES]
    source = f"--proto_path={protos}" if Path(protos).is_dir() else f"--descriptor_set_in={protos}"
    subprocess.run([protoc, source, f"--python_out={out}", *names], check=True)


class Messages:
    """Every message and enum of the API by its name, and the services' descriptors."""

    def __init__(self, modules: Dict[str, Any]) -> None:
        self.services: Dict[str, Any] = {}
        self._modules = modules
        for module in modules.values():
            for service in module.DESCRIPTOR.services_by_name.values():
                self.services[service.full_name] = service

    def __getattr__(self, name: str) -> Any:
        for module in self._modules.values():
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)


def load_messages(folder: str) -> Messages:
    """Loads what ``generate`` wrote."""
    if folder not in sys.path:
        sys.path.insert(0, folder)
    ours = [name for name in FILES if not name.startswith("google.")]
    modules = {name: importlib.import_module(f"{name}_pb2") for name in ours}
    for name in ("google/rpc/status_pb2.py", "google/rpc/error_details_pb2.py"):
        # Within `google` an installed package may hide ours, so they are loaded by their files.
        modules[name] = _load_file(Path(folder) / name)
    return Messages(modules)


def _load_file(path: Path) -> Any:
    name = f"retrovue_control._{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def class_of(descriptor: Any) -> Any:
    """The class of a message's descriptor, in old and new versions of protobuf."""
    get = getattr(message_factory, "GetMessageClass", None)
    return get(descriptor) if get is not None else descriptor._concrete_class


def is_streaming(method: Any) -> bool:
    """Whether a method answers a stream."""
    proto = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(proto)
    return proto.server_streaming
