from django.urls import include, path
from rest_framework.routers import DefaultRouter

from bench.vanilla.views import ShoppingItemViewSet, ShoppingListViewSet

lists = DefaultRouter()
lists.register("shopping-lists", ShoppingListViewSet, basename="shopping-list")
items = DefaultRouter()
items.register("shopping-items", ShoppingItemViewSet, basename="shopping-item")

urlpatterns = [
    path("api/", include(lists.urls)),
    path("api/shopping-lists/<uuid:list_id>/", include(items.urls)),
]
