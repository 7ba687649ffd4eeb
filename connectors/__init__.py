"""One folder per platform, found by name; `base` is the kit they share."""
