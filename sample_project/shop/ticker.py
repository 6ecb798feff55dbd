"""Who listens is told the stock at once, and again whenever it has changed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from shop.models import Product

logger = logging.getLogger("shop")

#: RFC 6455 section 7.4.1: the server has met what it did not expect.
INTERNAL_ERROR = 1011


class Ticker(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """The stock of each product. It asks the database; for many listeners take a channel layer."""

    every = 1.0

    async def connect(self) -> None:
        await self.accept()
        self._telling = asyncio.create_task(self._tell())

    async def disconnect(self, code: int) -> None:
        self._telling.cancel()

    async def _tell(self) -> None:
        # Whose connection it is, by the session cookie, where CorsASGI has let that through.
        customer = self.scope["user"].get_username() or None
        told = None
        try:
            while True:
                stock = await self.stock()
                if stock != told:
                    await self.send_json({"customer": customer, "stock": stock})
                    told = stock
                await asyncio.sleep(self.every)
        except Exception:
            logger.exception("The ticker stops.")
            await self.close(INTERNAL_ERROR)

    @database_sync_to_async  # type: ignore[untyped-decorator]
    def stock(self) -> dict[str, Any]:
        return dict(Product.objects.values_list("slug", "stock"))


class Availability(Ticker):
    """What can be bought at all, for everybody."""

    @database_sync_to_async  # type: ignore[untyped-decorator]
    def stock(self) -> dict[str, Any]:
        return {product.slug: product.available for product in Product.objects.all()}
