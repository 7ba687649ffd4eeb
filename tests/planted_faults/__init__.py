"""Every kind of fault planted in every stream of two shops: `python -m tests.planted_faults`."""
