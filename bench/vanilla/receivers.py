from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models.signals import post_save
from django.dispatch import receiver

from bench.vanilla.models import ShoppingItem, ShoppingList
from bench.vanilla.serializers import ShoppingItemSerializer


@receiver(post_save, sender=ShoppingItem)
def interaction_with_shopping_list(sender, instance, **kwargs):
    ShoppingList.objects.get(id=instance.shopping_list.id).save(update_fields=["last_interaction"])


@receiver(post_save, sender=ShoppingItem)
def broadcast_activity(sender, instance, **kwargs):
    async_to_sync(get_channel_layer().group_send)(
        f"list_{instance.shopping_list_id}", activity(instance)
    )


def activity(item):
    return {
        "type": "list.activity",
        "payload": {
            "type": "change",
            "list": str(item.shopping_list_id),
            "verb": "item.edited",
            "items": [dict(ShoppingItemSerializer(item).data)],
        },
    }
