"""What every account of a platform needs to be set, and what a sandbox must never be given."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class AccountSettings(BaseModel):
    """One account. A connector inherits it and adds its own fields; secrets are SecretStr."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    LIVE_MARKS: ClassVar[tuple[str, ...]] = ()
    """How live credentials of the platform begin: a sandbox is never given one."""

    is_sandbox: bool = Field(
        default=False, description="An emulated shop without real customers, for trials"
    )
    base_url: str | None = Field(
        default=None,
        pattern=r"^http://(127\.0\.0\.1|localhost):\d{1,5}/?$",
        description="Address of the emulated shop",
    )
    ca_file: Path | None = Field(
        default=None, description="Your own certificate authority, a PEM file"
    )
    budget_share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Share of the permitted requests for us; the rest is for your other apps",
    )

    @model_validator(mode="after")
    def _is_live_or_sandbox(self) -> Self:
        if self.is_sandbox != (self.base_url is not None):
            raise ValueError("base_url names a sandbox, and every sandbox has one")
        if self.is_sandbox and any(self._looks_live(name) for name in type(self).model_fields):
            raise ValueError("a sandbox shop never gets a live token")
        return self

    def url_or(self, live_url: str) -> str:
        """Where requests go: a sandbox's own address, else the platform's."""
        return self.base_url or live_url

    def _looks_live(self, name: str) -> bool:
        value = getattr(self, name)
        return isinstance(value, SecretStr) and value.get_secret_value().startswith(self.LIVE_MARKS)
