"""A secret is given by reference, however its setting is typed."""

import subprocess
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field, SecretStr

from contracts.errors import ConfigurationError
from flows.steps.keys import make
from flows.steps.secrets import refuse_inline, resolve, secret_fields
from flows.steps.settings import Keys
from tests.flows.homes import write_settings

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


TOKENS = [
    "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",
    "pk_2f9a1c0b7d",
    "AKIAIOSFODNN7EXAMPLE",
    "ck_b7/2f+9a1c0b7d==",
    "eyJhbGciOi.J9eyJzdWIi.OiIxMjM0",
    "口令" * 20,
    "x" * 5_000,
]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("scheme", ["env", "file"])
def test_a_token_pasted_where_a_name_belongs_is_not_repeated(
    scheme: str, token: str, tmp_path: Path
) -> None:
    with pytest.raises(
        ConfigurationError, match=r"shops/a.toml.* is not set|does not exist"
    ) as raised:
        resolve(f"{scheme}:{token}", where="shops/a.toml, [sources.x]", folder=tmp_path)
    assert token not in str(raised.value)


def test_what_is_the_name_of_a_variable_or_lies_in_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    with pytest.raises(ConfigurationError, match="variable SHOPIFY_TOKEN is not set"):
        resolve("env:SHOPIFY_TOKEN", where="shops/a.toml", folder=tmp_path)
    with pytest.raises(ConfigurationError, match=r"keys/shopify.token does not exist"):
        resolve("file:keys/shopify.token", where="shops/a.toml", folder=tmp_path)


def test_git_takes_no_key_of_a_home(tmp_path: Path) -> None:
    write_settings(tmp_path, demo="USD")
    make(tmp_path, Keys())
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    found = subprocess.run(["git", "ls-files"], cwd=tmp_path, check=True, capture_output=True)
    assert b"shopkeeper.toml" in found.stdout
    assert b"keys/" not in found.stdout
