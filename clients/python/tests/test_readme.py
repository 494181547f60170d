"""The examples of the README run as they stand."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import unittest
from pathlib import Path

from .support import LiveBus

README = Path(__file__).resolve().parents[1] / "README.md"


class Readme(unittest.TestCase):
    def test_examples_run(self) -> None:
        examples = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
        self.assertEqual(len(examples), 4)
        if importlib.util.find_spec("numpy") is None:
            examples = [example for example in examples if ".array()" not in example]
        with LiveBus("live") as live:
            for example in examples:
                # The test's bus has another prefix, and may need longer to come up.
                here = example.replace('"east", 7', f'"east", 7, prefix="{live.prefix}"')
                here = here.replace("timeout=5", "timeout=60")
                said = io.StringIO()
                with self.subTest(example), contextlib.redirect_stdout(said):
                    exec(compile(here, str(README), "exec"), {"__name__": "example"})
                self.assertNotEqual(said.getvalue(), "")
