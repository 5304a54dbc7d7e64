"""The models of the course, with Trolley's item fields."""

import uuid

from django.contrib.auth.models import User
from django.db import models


class ShoppingList(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    members = models.ManyToManyField(User, related_name="shopping_lists")
    last_interaction = models.DateTimeField(auto_now=True)


class ShoppingItem(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shopping_list = models.ForeignKey(
        ShoppingList, related_name="shopping_items", on_delete=models.CASCADE
    )
    name = models.CharField(max_length=200)
    quantity = models.CharField(max_length=50, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    category = models.CharField(max_length=100, blank=True)
    purchased = models.BooleanField(default=False)
    position = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
