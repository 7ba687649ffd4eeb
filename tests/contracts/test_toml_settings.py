"""Wrong settings are told by file, line and key, in one sentence."""

import pytest
from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import ConfigurationError
from contracts.toml_settings import parse


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rate: float = Field(ge=0, le=1)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    limits: Inner
    file: list[Inner] = []


GOOD = 'name = "a"\n\n[limits]\nrate = 0.5\n'


def test_good_settings_are_read() -> None:
    assert parse(GOOD, Outer, file="x.toml").limits.rate == 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a\n', "x.toml is not valid TOML: .*line 1"),
        (
            'name = "a"\n\n[limits]\nrat = 0.5\nrate = 1\n',
            r"x.toml, line 4: unknown key `limits.rat`, did you mean `rate`\?",
        ),
        ('name = "a"\n# note\n[limits]\n', "x.toml, line 3: key `limits.rate` is missing"),
        ("[limits]\nrate = 0.5\n", "x.toml, line 1: key `name` is missing"),
        (
            'name = "a"\n[limits]\nrate = 2\n',
            "x.toml, line 3: `limits.rate`: input should be less than or equal to 1",
        ),
        (
            GOOD + "[[file]]\nrate = 0.1\n[[file]]\nrate = 7\n",
            r"x.toml, line 8: `file.1.rate`: input should be",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_key(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as error:
        parse(text, Outer, file="x.toml")
    assert "\n" not in str(error.value)


def test_a_secret_written_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse('name = "a"\n[limits]\nrate = "shpat_secret"\n', Outer, file="x.toml")
    assert "shpat_secret" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 100_000, "x.toml is nested too deeply"),
        ("a = " + "[" * 100_000 + "]" * 100_000, "x.toml is nested too deeply"),
        ("a = 1" + "0" * 100_000, "x.toml holds a number of too many digits"),
        ("a = {b = " * 50_000, "x.toml is not valid TOML|x.toml is nested too deeply"),
        ("a" * 1_000_000, "x.toml is not valid TOML"),
        ("=1+1 = 2", "x.toml is not valid TOML"),
    ],
)
def test_a_bomb_in_toml_ends_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as error:
        parse(text, Outer, file="x.toml")
    assert len(str(error.value)) < 200
