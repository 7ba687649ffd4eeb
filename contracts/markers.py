"""What a setting means beyond its type, marked on the field: money, or names of SKUs."""

from typing import Annotated, Any, get_args

from pydantic import BaseModel


class _Money:
    """An amount in minor units of the shop's currency."""


class _Sku:
    """The merchant's own code of a SKU."""


Minor = Annotated[int, _Money()]
"""An amount in minor units of the shop's currency: it means something else in another shop."""
SkuCode = Annotated[str, _Sku()]
"""A SKU that has to exist."""


def money_fields(model: type[BaseModel]) -> list[str]:
    """Fields of a model of settings that are money, or hold some."""
    return _marked_fields(model, _Money)


def named_skus(settings: BaseModel) -> list[str]:
    """The SKUs that settings name: keys of tables, or items of lists."""
    return [
        sku
        for name in _marked_fields(type(settings), _Sku)
        for sku in dict.fromkeys(getattr(settings, name))
    ]


def _marked_fields(model: type[BaseModel], marker: type) -> list[str]:
    return [
        name
        for name, field in model.model_fields.items()
        if any(isinstance(one, marker) for one in field.metadata)
        or _holds(field.annotation, marker)
    ]


def _holds(annotation: Any, marker: type) -> bool:
    if any(isinstance(one, marker) for one in getattr(annotation, "__metadata__", ())):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_marked_fields(annotation, marker))
    return any(_holds(one, marker) for one in get_args(annotation))
