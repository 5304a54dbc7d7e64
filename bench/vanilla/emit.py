"""The baseline with the control socket: an event is one `group_send`, as in its receiver."""

from channels.layers import get_channel_layer

from bench.control import with_control
from bench.event import EVENT_TIME, ITEM_FIELDS, item_id, list_id
from bench.vanilla.asgi import application as baseline


def activity(index):
    return {
        "type": "list.activity",
        "payload": {
            "type": "change",
            "list": str(list_id(index)),
            "verb": "item.edited",
            "items": [
                {
                    "id": str(item_id(index, 0)),
                    **ITEM_FIELDS,
                    "purchased": True,
                    "position": "a1",
                    "created_at": EVENT_TIME.isoformat(),
                    "updated_at": EVENT_TIME.isoformat(),
                }
            ],
        },
    }


async def emit(index, first, count):
    layer, group, message = get_channel_layer(), f"list_{list_id(index)}", activity(index)
    for _ in range(count):
        await layer.group_send(group, message)


application = with_control(baseline, emit)
