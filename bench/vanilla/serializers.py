from rest_framework import serializers

from bench.vanilla.models import ShoppingItem, ShoppingList


class ShoppingItemSerializer(serializers.ModelSerializer):
    id = serializers.CharField(read_only=True)

    class Meta:
        model = ShoppingItem
        fields = (
            "id",
            "name",
            "quantity",
            "note",
            "category",
            "purchased",
            "position",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "created_at", "updated_at")

    def create(self, validated_data):
        validated_data["shopping_list_id"] = self.context["view"].kwargs["list_id"]
        return super().create(validated_data)


class ShoppingListSerializer(serializers.ModelSerializer):
    class Meta:
        model = ShoppingList
        fields = ("id", "name", "last_interaction", "members")
        read_only_fields = ("id", "last_interaction", "members")

    def create(self, validated_data):
        shopping_list = super().create(validated_data)
        shopping_list.members.add(self.context["request"].user)
        return shopping_list
