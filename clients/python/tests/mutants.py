"""
Breaks the reader on purpose, one check or fence at a time, and says on a line of JSON whether the tests noticed.
`--list` only names the mutants.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List, NamedTuple

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"


class Mutant(NamedTuple):
    name: str
    file: str
    #: Must occur exactly once.
    old: str
    new: str
    module: str = "test_rules"


_FENCE = "        memory.fence()\n"
_LOOK_AGAIN = "        if self._control.u64(at) != sequence:\n            return None\n"

MUTANTS = (
    Mutant("slot-odd-is-not-looked-at", "slots.py", "if sequence % 2 != 0:", "if False:"),
    Mutant("slot-sequence-is-not-looked-at-again", "slots.py", _LOOK_AGAIN, ""),
    Mutant("slot-tick-is-not-compared", "slots.py", "if slot.tick == tick else None", ""),
    Mutant("oldest-tick-is-not-looked-at", "reader.py", "if tick >= self._oldest() else None", ""),
    Mutant("no-fence-before-the-slot", "slots.py", _FENCE + "        data = bytes(self._control.view[at : at + _SLOT", "        data = bytes(self._control.view[at : at + _SLOT"),
    Mutant("no-fence-after-the-slot", "slots.py", _FENCE + _LOOK_AGAIN, _LOOK_AGAIN),
    Mutant("no-fence-after-the-head", "reader.py", _FENCE + "        return head", "        return head"),
    Mutant("no-fence-after-the-oldest", "reader.py", _FENCE + "        return oldest", "        return oldest"),
    Mutant("no-fence-after-the-word", "reader.py", "    memory.fence()\n            if self._head() >= tick", "    if self._head() >= tick"),
    Mutant("asset-generation-is-not-compared", "slots.py", "if since != 0 or generation % 2 != 0:", "if False:"),
    Mutant("asset-generation-is-not-looked-at-again", "slots.py", "if self._control.u64(at) != generation:", "if False:"),
    Mutant("known-asset-is-believed", "slots.py", "known is not None and known[0] == slot.asset_generation", "known is not None"),
    Mutant("slot-is-not-bounded", "slots.py", "        if not sane:", "        if False:"),
    Mutant("generation-is-not-compared", "slots.py", "return control.u64(at) == named", "return True"),
    Mutant("no-fence-before-the-generation", "slots.py", "            memory.fence()\n            return control.u64(at) == named", "            return control.u64(at) == named"),
    Mutant("release-asks-for-the-slot-too", "slots.py", "return control.u64(at) == named", "return control.u64(at) == named and slot.tick >= control.i64(layout.HEADER.offsets[\"oldest_tick\"])"),
    Mutant("mapping-guard-is-not-looked-at", "reader.py", "if guard % 2 == 0 and self._control.u64(at) == guard:", "if True:"),
    Mutant("house-time-steps-back", "reader.py", "if self._now_latest is None or house > self._now_latest:", "if True:"),
    Mutant("sound-is-believed", "lease.py", "return Verdict.INTACT if intact else Verdict.OVERWRITTEN", "return Verdict.INTACT"),
    Mutant("sound-is-off-by-one", "lease.py", "<= start + self._length", "< start + self._length"),
    Mutant("no-fence-after-the-sound", "lease.py", _FENCE, ""),
    Mutant("views-are-writable", "memory.py", '.cast("B").toreadonly()', '.cast("B")', "test_views"),
    Mutant("views-outlive-their-memory", "picture.py", "            view.release()\n", "            pass\n", "test_views"),
    Mutant("sound-ring-does-not-wrap", "lease.py", "before_end = min(count, self._length - at)", "at = min(at, self._length - count); before_end = count", "test_golden"),
    Mutant("size-is-not-compared", "objects.py", "if h.object_bytes != size:", "if False:", "test_opening.Opening.test_truncated_object_is_incompatible"),
    Mutant("layout-version-is-not-compared", "objects.py", "if h.layout_version != layout.LAYOUT_VERSION:", "if False:", "test_opening.Opening.test_other_layout_version_is_named"),
    Mutant("pictures-inode-is-not-compared", "objects.py", "if about.st_ino != header.pictures_inode:", "if False:", "test_opening.Opening.test_pictures_of_another_bus_are_not_taken"),
    Mutant("sections-may-lie-anywhere", "objects.py", "        if offset < layout.HEADER_BYTES or offset % align != 0:", "        if False:", "test_opening.Opening.test_sections_out_of_line_are_incompatible"),
    Mutant("planes-may-begin-anywhere", "objects.py", "        if f.plane_offset[p] % layout.STRIDE_ALIGN != 0", "        if False", "test_opening.Opening.test_sections_out_of_line_are_incompatible"),
    Mutant("older-asset-is-a-rewritten-one", "slots.py", "if since >= 0x80000000:", "if False:", "test_rules.Assets"),
    Mutant("a-read-lock-is-life", "objects.py", "_FLOCK.pack(fcntl.F_RDLCK", "_FLOCK.pack(fcntl.F_WRLCK", "test_opening.Opening.test_dead_engines_bus_is_not_found"),
    Mutant("heart-is-not-looked-at", "reader.py", 'return "its heart does not beat" if self', 'return "" if self', "test_live.Ends.test_stopped_engine_is_stale_by_its_heart"),
    Mutant("a-halt-is-a-dead-heart", "reader.py", "min(now - self._looked, longest)", "now - self._looked", "test_waiting.Waiting.test_halt_of_the_machine_is_one_missed_heartbeat"),
    Mutant("identity-is-not-compared", "reader.py", "if (about.st_dev, about.st_ino) != self._identity:", "if False:", "test_live.Ends.test_replaced_bus_is_stale"),
    Mutant("timeout-comes-early", "reader.py", "int(timeout * 1e9)", "int(timeout * 0.9e9)", "test_waiting.Waiting.test_wait_ends_by_its_timeout_and_not_before"),
)  # fmt: skip


def notices(mutant: Mutant) -> str:
    """Empty where the tests failed, as they must; what is wrong otherwise."""
    # In shared memory, with all buses of the run: a mutant that crashes leaves them.
    with tempfile.TemporaryDirectory(prefix="rvpy-mutant-", dir="/dev/shm") as folder:
        copy = Path(folder) / "src"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        path = copy / "retrovue_framebus" / mutant.file
        text = path.read_text("utf-8")
        if text.count(mutant.old) != 1:
            return f"{mutant.file} has {text.count(mutant.old)} places for this mutant; bring it up to date"
        path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        flags = ["-S"] if sys.flags.no_site else []
        # A mutant that waits for what will not come is given up, which is being noticed too.
        words: List[str] = [sys.executable, *flags, "-B", "-m", "unittest", "-f", f"tests.{mutant.module}"]
        environment = {**os.environ, "PYTHONPATH": str(copy), "RETROVUE_RECORDED_BUSES": folder}
        try:
            done = subprocess.run(words, cwd=HERE.parent, env=environment, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            return ""
        if done.returncode == 0:
            return f"tests.{mutant.module} passes with this mutant"
        said = done.stderr
        return "" if "FAILED (" in said or done.returncode < 0 else said


def main() -> int:
    if "--list" in sys.argv[1:]:
        for mutant in MUTANTS:
            print(json.dumps({"name": mutant.name}))
        return 0
    failed = 0
    # Each is a process of its own, and most of its time is waiting.
    with ThreadPoolExecutor(max_workers=3) as pool:
        for mutant, detail in zip(MUTANTS, pool.map(notices, MUTANTS)):
            failed += bool(detail)
            outcome = "failed" if detail else "passed"
            print(json.dumps({"name": mutant.name, "outcome": outcome, "detail": detail}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
