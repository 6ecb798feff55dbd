"""What a user gets wrong: each marked line is an error to mypy and to pyright, and no other line.

Nobody runs this file.
"""
# pyright: strict

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View
from rest_framework.viewsets import ViewSet

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.rest_framework import CorsMixin

CorsPolicy("https://app.example.com")  # error
CorsPolicy(origin=["https://app.example.com"])  # error
CorsPolicy(origins=7)  # error
CorsPolicy(origins=[7])  # error
CorsPolicy(credentials="yes")  # error
CorsPolicy(max_age="600")  # error
CorsPolicy(methods=[1])  # error
CorsPolicy(headers=7)  # error
CorsPolicy(private_network=[])  # error
CorsPolicy(origin_regexes=[7])  # error
CorsPolicy(origins="*").max_age = 7  # error
CorsPolicy(origins="*").replace(orgins=[])  # error
CorsPolicy(origins=None)  # error
CorsPolicy(credentials=None)  # error
CorsPolicy(origins="*").replace(max_age=None)  # error

cors_allow(origins=None)  # error
cors_allow("partners", max_age=None)  # error
cors_deny(None)  # error
cors_allow(origns=["https://app.example.com"])  # error
cors_allow(max_age="600")  # error
cors_allow(7)  # error
cors_allow(None)  # error
cors_deny("partners")  # error
cors_allow("partners", "public", max_age=0)  # error
cors_allow("partners", None)  # error


def wrong_callable(origin: str) -> bool:
    return True


CorsPolicy(origins=[wrong_callable])  # error


def says_nothing(request: HttpRequest, origin: str) -> None: ...


CorsPolicy(origins=[says_nothing])  # error


@cors_allow("public")
def view(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(slug)


view(HttpRequest())  # error
view(HttpRequest(), 7)  # error
view(HttpRequest(), "rye").streaming_content  # error


@cors_allow("public")
class Orders(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


Orders().gett  # error


class WrongPolicy(CorsMixin, ViewSet):
    cors_policy = 7  # error


class NonePolicy(CorsMixin, ViewSet):
    cors_policy = None  # error


class NoneForAction(CorsMixin, ViewSet):
    cors_action_policies = {"list": None}  # error


class CalledPolicy(CorsMixin, ViewSet):
    cors_policy = cors_allow("public")  # error


class WrongEnforce(CorsMixin, ViewSet):
    cors_policy = cors_deny(enforce="maybe")  # error


class CalledForAction(CorsMixin, ViewSet):
    cors_action_policies = {"list": cors_allow("public")}  # error


class WrongName(CorsMixin, ViewSet):
    cors_action_policies = {1: "public"}  # error


class WrongValue(CorsMixin, ViewSet):
    cors_action_policies = {"list": 7}  # error


path("a/", cors_include("a.urls", policy=7))  # error
path("a/", cors_include("a.urls", enforce="maybe"))  # error
path("a/", cors_include("a.urls", max_age="600"))  # error
path("a/", cors_include("a.urls", origns=[]))  # error
path("a/", cors_include("a.urls", policy=None))  # error
path("a/", cors_include("a.urls", origins=None))  # error
