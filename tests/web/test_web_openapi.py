"""The OpenAPI document: complete, with examples that are true to their own schemas."""

from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from app.engine.context import Context
from app.main import create_app
from app.web.problems import MEDIA_TYPE, kinds


@pytest.fixture
def document(context: Context) -> dict[str, Any]:
    return create_app(context).openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, way) for path, ways in document["paths"].items() for method, way in ways.items()]


async def test_every_operation_is_named_guarded_and_declares_its_problems(document: dict[str, Any]) -> None:
    names = [way["operationId"] for _, _, way in operations(document)]
    assert len(names) == len(set(names))
    for path, method, way in operations(document):
        assert way["tags"]
        assert way["summary"]
        assert way.get("description"), path
        guarded = path.startswith(("/v1", "/admin"))
        assert ("security" in way) is guarded
        wanted = {"401", "403", "422", "503"} if guarded else set()
        if "requestBody" in way:
            wanted |= {"413"}
        assert wanted <= set(way["responses"]), (method, path)
        for status, answer in way["responses"].items():
            if status >= "400":
                told = answer["content"][MEDIA_TYPE]
                assert told["schema"] == {"$ref": "#/components/schemas/Problem"}
                for slug, example in told["examples"].items():
                    assert example["value"]["type"] == f"/problems/{slug}"
                    assert example["value"]["status"] == int(status)
                    assert slug in kinds()
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_every_json_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    checked = 0
    for path, method, way in operations(document):
        for status, answer in way["responses"].items():
            told = answer.get("content", {}).get("application/json")
            if told is None:
                continue
            schema = {**told["schema"], "components": document["components"]}
            Draft202012Validator(schema).validate(told["example"])
            assert method in ("get", "post", "patch", "delete")
            assert status < "300", path
            checked += 1
    assert checked > 30


async def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    checked = 0
    for _, _, way in operations(document):
        if "requestBody" in way:
            schema = way["requestBody"]["content"]["application/json"]["schema"]
            name = schema["$ref"].rpartition("/")[2]
            for example in document["components"]["schemas"][name]["examples"]:
                whole = {**schema, "components": document["components"]}
                Draft202012Validator(whole).validate(example)
                checked += 1
    assert checked >= 9


async def test_problem_examples_fit_the_problem_schema(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Problem"]
    for _, _, way in operations(document):
        for answer in way["responses"].values():
            for example in answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}).values():
                Draft202012Validator(schema).validate(example["value"])
