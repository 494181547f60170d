"""Pixels where they lie: views into the bus, never a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Tuple

from .errors import BusError
from .program_format import PlaneFormat

if TYPE_CHECKING:
    import numpy


class Plane:
    """One plane of one tick's picture. Read-only: storing to its bytes raises."""

    def __init__(self, data: memoryview, form: PlaneFormat) -> None:
        #: From the picture's first byte to its last, padding between the rows included. Ends with the lease.
        self.data = data
        self.format = form

    @property
    def stride(self) -> int:
        return self.format.stride

    def row(self, y: int) -> memoryview:
        """The bytes of row `y` that are picture: a view of its own, which means nothing once the lease is released."""
        if not 0 <= y < self.format.rows:
            raise IndexError(f"row {y} of {self.format.rows}")
        return self.data[y * self.format.stride : y * self.format.stride + self.format.row_bytes]

    def tobytes(self) -> bytes:
        """A copy without padding."""
        return b"".join(bytes(self.row(y)) for y in range(self.format.rows))

    def array(self) -> "numpy.ndarray":
        """
        A read-only numpy view: (rows, width), or (rows, width, components) where numbers are interleaved; uint8, or
        little-endian uint16. It does not copy, and so shows what the engine draws next once the lease is over.
        """
        try:
            import numpy
        except ImportError:
            raise BusError("Plane.array() needs numpy; Plane.data and Plane.row() do not.") from None
        f = self.format
        pixel_bytes = f.components * f.component_bytes
        shape: Tuple[int, ...] = (f.rows, f.width)
        strides: Tuple[int, ...] = (f.stride, pixel_bytes)
        if f.components > 1:
            shape, strides = (*shape, f.components), (*strides, f.component_bytes)
        form = "u1" if f.component_bytes == 1 else "<u2"
        # By way of frombuffer, which keeps the read-only view: ndarray(buffer=...) takes what lies below it, and would
        # let itself be made writable, for memory where storing kills the process.
        return numpy.ndarray(shape, form, numpy.frombuffer(self.data, "u1"), 0, strides)


def release_views(planes: Tuple[Plane, ...]) -> None:
    """After this the planes' bytes raise ValueError, except where a numpy array still rests on them."""
    views: List[memoryview] = [plane.data for plane in planes]
    for view in views:
        try:
            view.release()
        except BufferError:
            pass  # An array rests on it; the memory stays mapped for it.
