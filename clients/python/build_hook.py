"""Makes the blocking client of the asyncio one whenever this distribution is built or installed in place."""

import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SAME = {"_async": "_sync", "_transport_aio": "_transport", "AsyncWatch": "Watch"}
"""Names beside the language's own that differ between the two."""


class MakeBlocking(BuildHookInterface):
    """Writes binding_client/_sync before hatchling collects the files of the distribution."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Makes every file of `_sync` anew."""
        from unasync import Rule, unasync_files

        package = Path(self.root) / "binding_client"
        source, made = package / "_async", package / "_sync"
        shutil.rmtree(made, ignore_errors=True)
        rule = Rule(str(source), str(made), additional_replacements=_SAME)
        unasync_files([str(file) for file in source.glob("*.py")], [rule])
