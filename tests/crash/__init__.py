"""Kill -9 in every seam of the loop; `python -m tests.crash` is the long suite."""
