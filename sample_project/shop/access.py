"""Who calls, and what that allows: for the views of Django REST framework."""

from __future__ import annotations

from typing import Any

from rest_framework import authentication, permissions
from rest_framework.request import Request

from shop.models import Order


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's own, with its CSRF protection; but who has not signed in gets a 401, not a 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class ReadOnly(permissions.BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in permissions.SAFE_METHODS


class IsCustomerOfOrder(permissions.BasePermission):
    message = "This is another customer's order."

    def has_object_permission(self, request: Request, view: Any, order: Order) -> bool:
        return order.customer_id == request.user.pk
