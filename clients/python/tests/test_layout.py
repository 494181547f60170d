"""The offsets in `layout.py` are those of the C header, as a C compiler sees it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Dict, Set

from retrovue_framebus import layout

from .support import INCLUDE

HEADER_TEXT = (INCLUDE / "retrovue" / "frame_bus.h").read_text("utf-8")

#: By their name in Python; RVFB_ goes before it in C.
CONSTANTS = (
    "LAYOUT_VERSION MAGIC MAGIC_READERS HEADER_BYTES SLOT_BYTES ANCILLARY_BYTES URI_BYTES TITLE_BYTES ASSET_BYTES "
    "PLANES_MAX ENGINE_ID_BYTES STRIDE_ALIGN PAGE_BYTES HEARTBEATS_MISSED SLOT_WORDS READERS_BYTES READER_ENTRY_BYTES READER_ENTRIES NO_TIME "
    "NO_INDEX NO_TICK NO_ASSET NO_DECODER BUFFER_SLATE BUFFER_BLACK STATE_READY STATE_CLOSED FLAG_REPEAT FLAG_HOLD "
    "FLAG_SLATE FLAG_BLACK FLAG_PAD FLAG_FIRST_OF_SEGMENT FLAG_DISCONTINUITY FLAG_LATE"
).split()


def fields_in_header(struct_name: str) -> Set[str]:
    """Names of the struct's fields, without reserved and padding bytes."""
    body = re.search(rf"typedef struct {struct_name} \{{(.*?)\n\}} {struct_name};", HEADER_TEXT, re.DOTALL)
    assert body, struct_name
    text = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.DOTALL)
    names = re.findall(r"\b(\w+)(?:\[\w+\])?;", text)
    return {name for name in names if not re.match(r"(reserved|pad)\w*$|pad_", name)}


def numbers_in_header(prefix: str) -> Dict[str, int]:
    return {name: int(n) for name, n in re.findall(rf"\bRVFB_{prefix}(\w+) = (\d+)", HEADER_TEXT)}


class Layout(unittest.TestCase):
    def test_offsets_sizes_and_constants_are_the_compilers(self) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            self.skipTest("there is no C compiler")
        lines = []
        expected = {}
        for record in layout.RECORDS:
            lines.append(f'say("{record.c_name}", sizeof({record.c_name}));')
            expected[record.c_name] = record.size
            for field, offset in record.offsets.items():
                key = f"{record.c_name}.{field}"
                lines.append(f'say("{key}", offsetof({record.c_name}, {field}));')
                lines.append(f'say("{key} bytes", sizeof((({record.c_name} *)0)->{field}));')
                expected[key] = offset
                expected[f"{key} bytes"] = record.sizes[field]
        for name in CONSTANTS:
            lines.append(f'say("{name}", (long long)RVFB_{name});')
            expected[name] = getattr(layout, name)
        body = "\n  ".join(lines)
        program = (
            "#include <retrovue/frame_bus.h>\n#include <stdio.h>\n"
            'static void say(const char *name, long long value) { printf("%s\\"%s\\": %lld", comma, name, value); }\n'
            f'int main(void) {{\n  {body}\n  return 0;\n}}\n'
        ).replace("static void say", 'static const char *comma = "";\nstatic void say').replace(
            "name, value); }", 'name, value); comma = ",\\n"; }'
        )
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "offsets.c"
            source.write_text(program, "utf-8")
            built = Path(folder) / "offsets"
            words = [compiler, "-std=c11", f"-I{INCLUDE}", str(source), "-o", str(built)]
            done = subprocess.run(words, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            said = subprocess.run([str(built)], capture_output=True, text=True, check=True).stdout
        self.assertEqual(json.loads("{" + said + "}"), expected)

    def test_no_field_of_the_header_is_missing_here(self) -> None:
        for record in layout.RECORDS:
            with self.subTest(record.c_name):
                self.assertEqual(fields_in_header(record.c_name), set(record.offsets))

    def test_words_for_numbers_are_the_headers(self) -> None:
        reasons = numbers_in_header("REASON_")
        self.assertEqual(reasons.pop("LAST"), len(layout.REASONS) - 1)
        self.assertEqual({name.upper(): n for n, name in enumerate(layout.REASONS)}, reasons)
        kinds = {name.lower(): n for name, n in numbers_in_header("ANCILLARY_").items()}
        self.assertEqual({name: n for n, name in layout.ANCILLARY_KINDS.items()}, kinds)
        policies = {name.lower(): n for name, n in numbers_in_header("ASPECT_").items()}
        self.assertEqual({name: n for n, name in enumerate(layout.ASPECT_POLICIES)}, policies)
        numbers = numbers_in_header("")
        self.assertEqual(numbers["PIXEL_FORMAT_LAST"], len(layout.PIXEL_FORMATS) - 1)
        for n, name in enumerate(layout.PIXEL_FORMATS[1:], 1):
            self.assertEqual(numbers[name.upper()], n)
