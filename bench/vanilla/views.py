from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.viewsets import ModelViewSet

from bench.vanilla.models import ShoppingItem, ShoppingList
from bench.vanilla.serializers import ShoppingItemSerializer, ShoppingListSerializer


class IsMember(BasePermission):
    """The course's `ShoppingItemShoppingListMembersOnly`, for every verb."""

    def has_permission(self, request, view):
        return ShoppingList.objects.filter(id=view.kwargs["list_id"], members=request.user).exists()


class ShoppingListViewSet(ModelViewSet):
    serializer_class = ShoppingListSerializer
    permission_classes = (IsAuthenticated,)

    def get_queryset(self):
        return ShoppingList.objects.filter(members=self.request.user)


class ShoppingItemViewSet(ModelViewSet):
    serializer_class = ShoppingItemSerializer
    permission_classes = (IsAuthenticated, IsMember)

    def get_queryset(self):
        return ShoppingItem.objects.filter(shopping_list_id=self.kwargs["list_id"])
