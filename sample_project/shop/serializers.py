from __future__ import annotations

from rest_framework import serializers

from shop.models import Order, OrderItem, Product


class ProductSerializer(serializers.ModelSerializer):
    available = serializers.BooleanField(read_only=True)

    class Meta:
        model = Product
        fields = ("slug", "name", "description", "price", "available", "cost", "stock")
        # For the back office to write; what is earned and what is left is for no page to read.
        extra_kwargs = {"cost": {"write_only": True}, "stock": {"write_only": True}}


class OrderItemSerializer(serializers.ModelSerializer):
    product = serializers.SlugRelatedField("slug", read_only=True)

    class Meta:
        model = OrderItem
        fields = ("product", "quantity")


class OrderSerializer(serializers.ModelSerializer):
    number = serializers.IntegerField(source="pk")
    total = serializers.DecimalField(max_digits=10, decimal_places=2)
    items = OrderItemSerializer(many=True)

    class Meta:
        model = Order
        fields = ("number", "status", "total", "items")
        read_only_fields = fields


class ReservationSerializer(serializers.Serializer):
    quantity = serializers.IntegerField(min_value=1, max_value=99)
