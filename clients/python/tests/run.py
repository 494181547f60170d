"""
Runs the tests, or those of the modules that are named, and says what came of each on a line of JSON. `--list` only names
them.
"""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path
from typing import Any, Iterator, Optional

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "src")]


def cases_of(suite: Any) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases_of(item)
        else:
            yield item


class JsonResult(unittest.TestResult):
    """One line per test; a failing subtest makes its test fail."""

    def _say(self, test: Any, outcome: str, detail: str = "") -> None:
        print(json.dumps({"name": test.id(), "outcome": outcome, "detail": detail}), flush=True)

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self._bad = False

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        if not self._bad:
            self._say(test, "passed")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self._say(test, "skipped", reason)

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._say(test, "failed", self.failures[-1][1])

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._say(test, "failed", self.errors[-1][1])

    def addSubTest(self, test: Any, subtest: Any, err: Optional[Any]) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None and not self._bad:
            self._bad = True
            detail = (self.failures + self.errors)[-1][1]
            self._say(test, "failed", f"{subtest}\n{detail}")


def main() -> int:
    modules = [word for word in sys.argv[1:] if word != "--list"]
    loader = unittest.defaultTestLoader
    if modules:
        suite = loader.loadTestsFromNames([f"tests.{module}" for module in modules])
    else:
        suite = loader.discover(str(HERE), top_level_dir=str(HERE.parent))
    if "--list" in sys.argv[1:]:
        for case in cases_of(suite):
            print(json.dumps({"name": case.id()}))
        return 0
    result = JsonResult()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
