"""Writes a picture of the bus as an 8-bit RGB PNG, with the standard library. Slow and clear, not fast."""

from __future__ import annotations

import struct
import zlib
from typing import Callable, List, Sequence, Tuple

from retrovue_framebus import Plane, ProgramFormat

#: Kr and Kb by the matrix's code point in ITU-T H.273.
_MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}

Pixel = Tuple[int, int, int]


def _byte(value: float) -> int:
    return min(max(round(value), 0), 255)


def _numbers_of(plane: Plane, y: int) -> Sequence[int]:
    """One row as numbers."""
    row = plane.row(y)
    return row if plane.format.component_bytes == 1 else row.cast("H")


def _rgb_of_ycbcr(f: ProgramFormat) -> Callable[[int, int, int], Pixel]:
    guessed = 1 if f.height >= 720 else 6
    kr, kb = _MATRICES.get(f.colour_matrix, _MATRICES[guessed])
    kg = 1 - kr - kb
    # Ten bits lie in the upper end of sixteen in p010le, in the lower end elsewhere.
    bits = 16 if f.pixel_format == "p010le" else 12 if "12" in f.pixel_format else 10 if "10" in f.pixel_format else 8
    scale = float(1 << (bits - 8))
    full = f.colour_range == "full"
    luma_zero, luma_span, chroma_span = (0, 255, 255) if full else (16, 219, 224)

    def rgb(y: int, cb: int, cr: int) -> Pixel:
        luma = (y / scale - luma_zero) / luma_span
        blue = (cb / scale - 128) / chroma_span * 2 * (1 - kb)
        red = (cr / scale - 128) / chroma_span * 2 * (1 - kr)
        green = -(blue * kb + red * kr) / kg
        return _byte((luma + red) * 255), _byte((luma + green) * 255), _byte((luma + blue) * 255)

    return rgb


def _row_of(f: ProgramFormat, planes: Sequence[Plane], y: int, columns: Sequence[int]) -> List[Pixel]:
    rows = [_numbers_of(plane, y * plane.format.rows // f.height) for plane in planes]
    name = f.pixel_format
    if name in ("rgb24", "rgba"):
        n = planes[0].format.components
        return [(rows[0][x * n], rows[0][x * n + 1], rows[0][x * n + 2]) for x in columns]
    if name == "gbrp":
        return [(rows[2][x], rows[0][x], rows[1][x]) for x in columns]
    rgb = _rgb_of_ycbcr(f)
    if name.startswith("gray"):
        neutral = 512 if "10" in name else 128
        return [rgb(rows[0][x], neutral, neutral) for x in columns]
    half = [x * planes[1].format.width // f.width for x in columns]
    if name in ("nv12", "p010le"):
        return [rgb(rows[0][x], rows[1][2 * c], rows[1][2 * c + 1]) for x, c in zip(columns, half)]
    return [rgb(rows[0][x], rows[1][c], rows[2][c]) for x, c in zip(columns, half)]


def write_png(path: str, f: ProgramFormat, planes: Sequence[Plane], width_max: int) -> None:
    """Every n-th pixel of every n-th row, so that at most `width_max` are left in a row."""
    step = max(1, -(-f.width // width_max))
    columns = range(0, f.width, step)
    lines = range(0, f.height, step)
    # Filter 0 before each line: the bytes as they are.
    data = b"".join(b"\0" + bytes(v for pixel in _row_of(f, planes, y, columns) for v in pixel) for y in lines)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", len(columns), len(lines), 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(data)))
        file.write(chunk(b"IEND", b""))
