"""The made-up telephone number of a household: the same one on every platform."""


def phone_of(household_id: int) -> str:
    """Eleven digits as on a Chinese mainland parcel; the last four are the household's own."""
    return f"1380000{household_id % 10_000:04d}"
