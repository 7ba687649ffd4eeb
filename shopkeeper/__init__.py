"""The command line: what an operator types."""

import os

# Polars gives memory back at once and soon allocates it again, page by page: the page faults took a
# tenth of a pull and a seventh of a build. It reads this when it is loaded, and so do the processes
# that are started from here.
os.environ.setdefault(
    "_RJEM_MALLOC_CONF",
    "thp:always,metadata_thp:auto,dirty_decay_ms:3000,muzzy_decay_ms:3000",
)
