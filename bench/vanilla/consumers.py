from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from rest_framework.authtoken.models import Token

from bench.vanilla.models import ShoppingList


class ListConsumer(AsyncJsonWebsocketConsumer):
    """One socket of one list, with its own layer channel, as in the tutorial."""

    group = None

    async def connect(self):
        list_id = self.scope["url_route"]["kwargs"]["list_id"]
        if not await is_member(token_of(self.scope), list_id):
            await self.close()
            return
        self.group = f"list_{list_id}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def list_activity(self, event):
        await self.send_json(event["payload"])


def token_of(scope):
    header = dict(scope["headers"]).get(b"authorization", b"").decode()
    return header.removeprefix("Token ")


@database_sync_to_async
def is_member(key, list_id):
    token = Token.objects.filter(key=key).first()
    return (
        token is not None
        and ShoppingList.objects.filter(id=list_id, members=token.user_id).exists()
    )
