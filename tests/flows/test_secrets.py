"""A secret is given by reference, however its setting is typed."""

from typing import Annotated

import pytest
from pydantic import BaseModel, Field, SecretStr

from contracts.errors import ConfigurationError
from flows.steps.secrets import refuse_inline, secret_fields

Password = Annotated[SecretStr, Field(min_length=1)]


class Account(BaseModel):
    user: str
    plain: SecretStr
    optional: SecretStr | None = None
    described: Password
    both: Password | None = None


def test_every_kind_of_secret_is_found() -> None:
    assert secret_fields(Account) == ["plain", "optional", "described", "both"]


@pytest.mark.parametrize("name", ["plain", "optional", "described", "both"])
def test_a_secret_that_is_written_out_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`{name}` is written out") as refused:
        refuse_inline({name: "hunter2"}, Account, where="shops/a.toml, [sources.x]")
    assert "hunter2" not in str(refused.value)
