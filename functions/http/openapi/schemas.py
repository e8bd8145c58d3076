"""Schemas of bodies, made of the models that read and write them."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, TypeIs, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.http.openapi import words
from functions.http.operation import Operation
from shared.schemas.base import Answer

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"
ADDITION = "x-addition"
BINARY: Schema = {"type": "string", "format": "binary"}


def of_all(operations: Iterable[Operation]) -> dict[str, Schema]:
    """The schema of every model that these operations take or give, and of what is in them, by its name."""
    return of_models(dict.fromkeys(model for operation in operations for model in _models(operation)))


def of_models(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """The schema of each model and of what is in it, by its name."""
    made = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE + "{model}")[1]
    answers = {model.__name__: model for model in _with_all_below(Answer)}
    schemas: dict[str, Schema] = made.get("$defs", {})
    return {name: _described(name, schema, answers.get(name)) for name, schema in schemas.items()}


def names_of_answers() -> set[str]:
    """The names of all models that go out."""
    return {model.__name__ for model in _with_all_below(Answer)}


def addition(is_one: bool) -> dict[str, bool]:
    """The mark of what upstream's API does not have."""
    return {ADDITION: True} if is_one else {}


def taken_by(operation: Operation) -> type[BaseModel] | None:
    """The model of the body in JSON that the endpoint takes."""
    parameters = inspect.signature(operation.endpoint).parameters.values()
    return next((one.annotation for one in parameters if _is_model(one.annotation)), None)


def given_by(operation: Operation) -> Schema:
    """The schema of the operation's good answer in JSON."""
    if models := _given(operation):
        return reference(models[0]) if len(models) == 1 else {"anyOf": [reference(model) for model in models]}
    return {"type": "string", "format": "uuid"} if operation.answer is str else {}


def reference(model: type[BaseModel]) -> Schema:
    """Where the model's schema stands."""
    return {"$ref": REFERENCE + model.__name__}


def as_form(name: str, schemas: Mapping[str, Schema]) -> Schema:
    """The fields of a form that stand for the body of this name: the paths of its members, and the files."""
    fields: dict[str, Schema] = {}
    required: list[str] = []
    _walk(schemas[name], schemas, "", (fields, required), needed=True)
    files = {"type": "array", "items": BINARY, "description": "The files, in the order of Correspondence.Content"}
    return {
        "type": "object",
        "description": (
            "The members of the JSON body by their paths, in any case, with or without the prefix `request.`. A list "
            "goes on with [1], [2] and so on; a property is Correspondence.PropertyList.<key>"
        ),
        "properties": fields | {"attachments": files},
        "required": required,
        "additionalProperties": {"type": "string"},
    }


def _walk(
    schema: Schema,
    schemas: Mapping[str, Schema],
    path: str,
    found: tuple[dict[str, Schema], list[str]],
    *,
    needed: bool,
) -> None:
    """Gather the fields below `path`, and which of them must be there."""
    fields, required = found
    bare = plain(schema, schemas)
    if "properties" in bare:
        for name, member in bare["properties"].items():
            below = f"{path}.{name[:1].upper()}{name[1:]}".lstrip(".")
            if below != "Correspondence.PropertyList":
                _walk(member, schemas, below, found, needed=needed and name in bare.get("required", ()))
    elif bare.get("type") == "array":
        _walk(bare["items"], schemas, path + "[0]", found, needed=needed and bare.get("minItems", 0) > 0)
    else:
        fields[path] = bare | {key: schema[key] for key in ("description", ADDITION) if key in schema}
        required += [path] if needed else []


def plain(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """What is referred to, and what it is when it is not null; without the title and the default."""
    for kind in schema.get("anyOf", ()):
        if kind.get("type") != "null":
            return plain(kind, schemas)
    if "$ref" in schema:
        return plain(schemas[schema["$ref"].removeprefix(REFERENCE)], schemas)
    return {key: value for key, value in schema.items() if key not in {"title", "default", "anyOf", ADDITION}}


def _models(operation: Operation) -> list[type[BaseModel]]:
    return [model for model in (taken_by(operation), *_given(operation), operation.query) if _is_model(model)]


def _given(operation: Operation) -> list[type[BaseModel]]:
    """The models of its good answers: one, or each of a union."""
    return [model for model in get_args(operation.answer) or (operation.answer,) if _is_model(model)]


def _is_model(kind: object) -> TypeIs[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _with_all_below(model: type[Answer]) -> set[type[Answer]]:
    return {model}.union(*(_with_all_below(below) for below in model.__subclasses__()))


def _described(name: str, schema: Schema, answer: type[Answer] | None) -> Schema:
    """The schema with words for each member. In an answer every member is there, but for those that may be left out."""
    described = {**schema, "description": words.documentation(schema.get("description"))}
    if "properties" not in schema:
        return described
    members = {member: _told(name, member, inner) for member, inner in schema["properties"].items()}
    described["properties"] = members
    if answer is not None:
        described["required"] = [member for member in members if member not in answer.additions]
    return described


def _told(model: str, name: str, schema: Schema) -> Schema:
    told = {key: value for key, value in schema.items() if key != "title"}
    if told.get("default", "") is None:
        del told["default"]
    return told | {"description": words.member(model, name)} | addition(words.is_added(name))
