"""Query strings as Pydantic models, read in one go.

FastAPI takes 6 µs for each parameter it knows, given or not; a list of tasks has seventeen
(docs/performance.md).
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

Q = TypeVar("Q", bound=BaseModel)


def read(model: type[Q]) -> Callable[[Request], Awaitable[Q]]:
    """Return the dependency that reads a model; unknown parameters are ignored.

    Raises `RequestValidationError`. The operation has to say `openapi_extra=parameters(model)`.
    """

    several = [name for name, schema in _properties(model).items() if schema.get("type") == "array"]

    async def query(request: Request) -> Q:
        try:
            return model.model_validate(_values(request.query_params, several))
        except ValidationError as error:
            raise RequestValidationError(
                [{**one, "loc": ("query", *one["loc"])} for one in error.errors()]
            ) from None

    return query


def _values(given: QueryParams, several: Iterable[str]) -> dict[str, Any]:
    values: dict[str, Any] = dict(given)
    for name in several:
        if name in values:
            values[name] = given.getlist(name)
    return values


def parameters(model: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI says of a model's fields; none is required."""
    return {"parameters": [_parameter(*one) for one in _properties(model).items()]}


def _properties(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    schema = model.model_json_schema()
    if "$defs" in schema:
        raise TypeError(f"{model.__name__} has a field that is not a plain value")
    properties: dict[str, dict[str, Any]] = schema["properties"]
    return properties


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": "query", "required": False, "schema": schema, **described}
