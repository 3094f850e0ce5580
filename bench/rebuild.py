"""Builds the statements of one folder, and says on stdout what that took; run in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from regiolog.sync.folder import Folder


def main(path: Path) -> None:
    """Build what is missing."""
    folder = Folder(path)
    projector = folder.projector()
    before = _peak()
    started = time.process_time()
    projector.catch_up()
    projector.close()
    seconds = time.process_time() - started
    folder.close()
    sys.stdout.write(json.dumps({"seconds": seconds, "before": before, "peak": _peak()}))


def _peak() -> int:
    """The most memory that this process has taken, in bytes; Linux counts in kibibytes, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
