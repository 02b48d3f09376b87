"""The life of a product, and the attributes that only its category has."""

from collections.abc import Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator

NEXT_STAGES: Mapping[str, Sequence[str]] = {
    "draft": ("in_review", "active", "discontinued"),
    "in_review": ("active", "draft", "discontinued"),
    "active": ("discontinued", "in_review"),
    "discontinued": ("active",),
}


def may_follow(stage: str, following: str) -> bool:
    """Whether a product may go from one stage (draft, in review, …) to another."""
    return following in NEXT_STAGES[stage]


def missing_facts(*, kind: str, facts: Mapping[str, Any]) -> list[str]:
    """What a product still lacks to be on sale, in words; `facts` maps a field to its value."""
    needed = {"name": "a name", "brand": "a brand", "category": "a category"}
    if kind == "cosmetic":
        needed |= {
            "ingredients": "its ingredients",
            "product_type": "whether it is leave-on or rinse-off",
        }
    return [words for field, words in needed.items() if not facts.get(field)]


def attribute_problems(*, attributes: object, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with a product's attributes by the JSON Schema of its category.

    The schema describes an object; a category without a schema allows no attributes at all.
    """
    if not isinstance(attributes, dict):
        return ["Attributes are names with values."]
    if not schema:
        return [f"{name}: its category has no such attribute" for name in sorted(attributes)]
    problems = []
    for error in Draft202012Validator(schema).iter_errors(attributes):
        where = ".".join(str(step) for step in error.absolute_path)
        problems.append(f"{where}: {error.message}" if where else error.message)
    return sorted(problems)


def merged_schema(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One schema from a category and those above it, outermost first: the inner one wins."""
    own = [schema for schema in schemas if schema]
    if not own:
        return {}
    merged: dict[str, Any] = {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }
    for schema in own:
        merged["properties"] |= schema.get("properties", {})
        merged["required"] = sorted({*merged["required"], *schema.get("required", [])})
    return merged
