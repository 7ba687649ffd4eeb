"""The command line: what an operator types.

How its processes use memory and cores is set here, before anything is loaded that reads it; the
processes that they start inherit all but the last.
"""

import atexit
import gc
import os

# Polars gives memory back at once, and soon allocates it again page by page, in four times as many
# places as there are cores: that took a tenth of a pull and a fifth of a build.
os.environ.setdefault(
    "_RJEM_MALLOC_CONF",
    "thp:always,metadata_thp:auto,dirty_decay_ms:3000,muzzy_decay_ms:3000"
    f",narenas:{os.cpu_count() or 1}",
)
# NumPy's and SciPy's matrices here are small; threads that wait for a large one burn a core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# What is imported is no garbage: to look for some every 700 objects took a sixth of all imports.
gc.set_threshold(200_000, 10, 10)
# What is left at the end the system takes back: to look through it took a third of all imports.
atexit.register(gc.freeze)
