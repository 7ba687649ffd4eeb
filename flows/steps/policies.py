"""A home's policies: how far each may go in each shop, and with which parameters and limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from actions.guard import Limits
from actions.policies.registry import Policy, policy_of
from contracts.codes import PolicyMode
from contracts.errors import ConfigurationError
from contracts.markers import money_fields
from contracts.names import nearest
from contracts.toml_settings import line_of, parse, validate
from flows.steps.files import settings_text
from flows.steps.settings import PolicySettings

ModelT = TypeVar("ModelT", bound=BaseModel)
Part = Literal["parameters", "limits"]


@dataclass(frozen=True, slots=True)
class ShopPolicy:
    """A policy as it holds in one shop."""

    module: Policy
    mode: PolicyMode
    params: BaseModel
    limits: Limits


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """policies/<policy>.toml, as it is written."""

    module: Policy
    settings: PolicySettings
    file: str = ""
    text: str = ""

    @classmethod
    def read(cls, path: Path) -> "PolicyFile":
        """The file of the policy that it is named after.

        Raises:
            ConfigurationError: there is no such policy, or a setting is wrong.
        """
        file = f"policies/{path.name}"
        text = settings_text(path, file=file)
        return cls(policy_of(path.stem), parse(text, PolicySettings, file=file), file, text)

    def confirm(self, currencies: Mapping[str, str]) -> None:
        """Refuse what is wrong, whichever shop it is for; `currencies` of the home's shops, by id.

        Raises:
            ConfigurationError: a shop does not exist; a parameter or a limit is wrong or missing.
        """
        for shop_id in self.settings.shops:
            if shop_id not in currencies:
                where = f"{self.file}, line {line_of(self.text, ('shops', shop_id))}"
                raise ConfigurationError(
                    f"{where}: no shop is named {shop_id!r}{nearest(shop_id, currencies)}"
                )
        shops = self._active_shops(currencies)
        for shop_id in shops:
            self.of(shop_id, currencies)
        if not shops and not self.settings.shops:
            self._resolve("parameters", self.module.Params, None)
            self._resolve("limits", Limits, None)

    def of(self, shop_id: str, currencies: Mapping[str, str]) -> ShopPolicy:
        """The policy as it holds in a shop: what the shop's own tables say, else the file's.

        Raises:
            ConfigurationError: a setting is wrong; or is money that shops of several currencies
                would share.
        """
        self._refuse_shared_money("parameters", self.module.Params, shop_id, currencies)
        self._refuse_shared_money("limits", Limits, shop_id, currencies)
        return ShopPolicy(
            self.module,
            self.settings.mode_of(shop_id),
            self._resolve("parameters", self.module.Params, shop_id),
            self._resolve("limits", Limits, shop_id),
        )

    def _active_shops(self, currencies: Mapping[str, str]) -> list[str]:
        return [one for one in currencies if self.settings.mode_of(one) is not PolicyMode.OFF]

    def _resolve(self, part: Part, model: type[ModelT], shop_id: str | None) -> ModelT:
        common = self.settings.common(part)
        own = {} if shop_id is None else self.settings.own(part, shop_id)
        prefix = ("shops", shop_id, part) if own and shop_id is not None else (part,)
        return validate(
            {**common, **own},
            model,
            text=self.text,
            file=self.file,
            prefix=prefix,
            elsewhere={key: (part,) for key in common if key not in own},
        )

    def _refuse_shared_money(
        self, part: Part, model: type[BaseModel], shop_id: str, currencies: Mapping[str, str]
    ) -> None:
        """An amount means the shop's own currency, so shops that share one sell in one.

        Nothing is nothing in every currency.
        """
        common: dict[str, Any] = self.settings.common(part)
        for key in money_fields(model):
            if not common.get(key) or key in self.settings.own(part, shop_id):
                continue
            sharing = [
                one
                for one in self._active_shops(currencies)
                if key not in self.settings.own(part, one)
            ]
            found = sorted({currencies[one] for one in (*sharing, shop_id)})
            if len(found) > 1:
                where = f"{self.file}, line {line_of(self.text, (part, key))}"
                raise ConfigurationError(
                    f"{where}: `{part}.{key}` is money, and means {' and '.join(found)} alike: "
                    f"set it for each shop, under [shops.{shop_id}.{part}]"
                )


def policy_files(folder: Path) -> dict[str, PolicyFile]:
    """The policies that a home sets up, by name."""
    paths = sorted((folder / "policies").glob("*.toml"))
    return {path.stem: PolicyFile.read(path) for path in paths}
