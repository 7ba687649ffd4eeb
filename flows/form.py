"""What every flow's form asks for."""

from typing import Annotated

from pydantic import Field

HomeDir = Annotated[str, Field(description="Folder with shopkeeper.toml", min_length=1)]
ShopId = Annotated[str, Field(description="The shop, as its file under shops/ is named")]
OptionalShopId = Annotated[
    str | None, Field(description="The shop, as its file under shops/ is named; empty: all")
]
PolicyName = Annotated[
    str | None, Field(description="The policy, as its file under policies/ is named; empty: all")
]
Person = Annotated[str, Field(description="Who decides; written to the ledger", min_length=1)]
