"""Calls of every operation in the OpenAPI document, with something secret in every place of them.

What the document gains is covered without a change here.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.e2e.client import secret

HEADERS = (
    "Referer", "Origin", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP",
    "X-Api-Key", "X-Auth-Token", "X-CSRF-Token", "Proxy-Authorization", "Accept-Language",
    "If-None-Match", "If-Modified-Since", "Last-Event-ID", "Idempotency-Key", "X-Unknown",
)  # fmt: skip
"""Not `User-Agent` and a well-formed `X-Request-ID`: those are logged, and no place for secrets."""

COOKIES = ("taskbell_refresh", "taskbell_device", "session")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Call:
    """One request: what httpx is given."""

    method: str
    path: str
    options: dict[str, Any] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> "Call":
        both = {**self.options.get("headers", {}), **headers}
        return Call(self.method, self.path, {**self.options, "headers": both})


def canary(where: str) -> str:
    """Something that may appear in no log; the name tells where it was."""
    return secret(f"canary-{where.strip('{}').replace('_', '-')}-{uuid4().hex[:12]}")


class Operation:
    """One operation of the document."""

    def __init__(self, document: dict[str, Any], method: str, path: str) -> None:
        self._document = document
        self._about = document["paths"][path][method]
        self.method, self.path = method.upper(), path

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    def names(self, place: str) -> list[str]:
        """The names of the parameters in path, query or header."""
        given = self._about.get("parameters", [])
        return [one["name"] for one in given if one["in"] == place]

    def schema_of(self, name: str) -> dict[str, Any]:
        """The schema of a parameter."""
        given = self._about.get("parameters", [])
        schema: dict[str, Any] = next(one["schema"] for one in given if one["name"] == name)
        return schema

    def calls(self, ids: Mapping[str, str]) -> Iterator[Call]:
        """A good call, and one with a canary in each place of it."""
        path = self.path.format_map(ids)
        yield from self._headers(path)
        for name in (*self.names("query"), "token", "access_token"):
            yield self._call(path, params={name: canary(name)})
        for options in self._bodies():
            yield self._call(path, **options)

    def paths(self, ids: Mapping[str, str], secret_name: Callable[[str], str]) -> Iterator[Call]:
        """Calls with something else than an id in the path."""
        for name in self.names("path"):
            yield self._call(self.path.format_map({**ids, name: secret_name(name)}))

    def _call(self, path: str, **options: Any) -> Call:
        if "json" not in options and "data" not in options and "content" not in options:
            good = self._good_body()
            headers = {**good.get("headers", {}), **options.get("headers", {})}
            options |= good | ({"headers": headers} if headers else {})
        params = {**self._needed_query(), **options.get("params", {})}
        return Call(self.method, path, options | {"params": params})

    def _needed_query(self) -> dict[str, str]:
        """What the query cannot be without; a stream would not end."""
        stream = {"follow": "false"} if "follow" in self.names("query") else {}
        given = [one for one in self._about.get("parameters", []) if one["in"] == "query"]
        return {
            one["name"]: one["schema"].get("enum", ["none"])[0]
            for one in given
            if one.get("required")
        } | stream

    def _headers(self, path: str) -> Iterator[Call]:
        every = {name: canary(name) for name in (*HEADERS, *self.names("header"))}
        every["X-Request-ID"] = f"{canary('request')} is malformed"
        every["Cookie"] = "; ".join(f"{name}={canary(name)}" for name in COOKIES)
        yield self._call(path, headers=every)
        for name in self.names("header"):
            yield self._call(path, headers={name: f'"{canary(name)}"'})

    def _bodies(self) -> Iterator[dict[str, Any]]:
        content = self._about.get("requestBody", {}).get("content", {})
        for kind, about in content.items():
            how = "data" if kind == FORM else "json"
            if is_file(about["schema"]):
                yield {"content": canary("file"), "headers": {"Content-Type": kind}}
                continue
            schema, good = self._resolved(about["schema"]), self._example(about["schema"])
            properties = schema["properties"]
            for name, one in properties.items():
                yield {how: good | {name: _planted(name, one)}}
            yield {how: {name: canary(name) for name in properties}}
            for inside in _planted_inside(good):
                yield {how: inside}
            yield {how: good | {canary("unknown-field"): canary("unknown-value")}}
            yield {"content": f'{{"{canary("broken")}', "headers": {"Content-Type": kind}}
            yield {"content": canary("bare"), "headers": {"Content-Type": "text/plain"}}
        if not content:
            yield {"json": {canary("unwanted-field"): canary("unwanted")}}

    def _good_body(self) -> dict[str, Any]:
        for kind, about in self._about.get("requestBody", {}).get("content", {}).items():
            if is_file(about["schema"]):
                return {"content": canary("file"), "headers": {"Content-Type": kind}}
            return {"data" if kind == FORM else "json": self._example(about["schema"])}
        return {}

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follow references, to the first alternative that is an object."""
        while "properties" not in schema:
            if "$ref" in schema:
                schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            else:
                schema = next(one for one in schema["anyOf"] if "$ref" in one)
        return schema

    def _example(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What the document gives as an example, or the examples of what must be there."""
        found = self._resolved(schema)
        if found.get("examples"):
            return dict(found["examples"][0])
        properties = found["properties"]
        return {
            name: (properties[name].get("examples") or ["none"])[0]
            for name in found.get("required", ())
        }


def _planted(name: str, schema: dict[str, Any]) -> Any:
    """A canary of the form that a field has, where it can have it: to get as far as possible."""
    kinds = [schema, *schema.get("anyOf", ())]
    if any(one.get("format") == "email" for one in kinds):
        return f"{canary(name)}@example.com"
    if any(one.get("type") == "array" for one in kinds):
        return [canary(name)]
    return canary(name)


def _planted_inside(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Copies of a body with a canary for each text that is deeper than its own fields."""

    def texts(value: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
        if isinstance(value, str) and len(way) > 1:
            yield way
        if isinstance(value, (dict, list)):
            for key, below in value.items() if isinstance(value, dict) else enumerate(value):
                yield from texts(below, *way, key)

    for *way, last in texts(good):
        planted = deepcopy(good)
        place: Any = planted
        for key in way:
            place = place[key]
        place[last] = canary(str(last))
        yield planted


def is_file(schema: dict[str, Any]) -> bool:
    """Whether a body is the bytes of a file, no object."""
    return schema.get("format") == "binary"


def operations(document: dict[str, Any]) -> list[Operation]:
    """All operations of an OpenAPI document."""
    return [
        Operation(document, method, path)
        for path, methods in document["paths"].items()
        for method in methods
    ]


def unproven_bearers() -> list[str]:
    """Tokens of every kind that we know, and none that is good."""
    head, claims = "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ", "eyJzdWIiOiIxIn0"  # as Better Auth signs
    return [
        canary("bearer"),
        f"tb_{canary('api-token')}",
        f"{head}.{claims}.{canary('signature')}",
        f"{head}.{canary('claims')}.AAAA",
        f"{canary('head')}.{claims}.AAAA",
    ]
