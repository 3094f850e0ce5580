"""Makes the benchmark's modules importable: they lie at the top of the repository and are not installed."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "bench"

if "bench" not in sys.modules:
    spec = spec_from_file_location("bench", _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules["bench"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["bench"])
