"""The JSON Schemas say to editors what the checker says to everybody."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from roadworthy.declare.fault import Faults
from roadworthy.declare.pipeline import Pipeline
from roadworthy.declare.read.compose import compose
from roadworthy.declare.read.file import parse
from roadworthy.declare.read.node import plain
from roadworthy.declare.read.shape import keys_of
from roadworthy.declare.schema import KINDS, meanings, schema

FORMATS = Path(__file__).parents[1] / "data" / "formats"
EXAMPLES = {kind: "data.pin" if kind == "pin" else f"{kind}.yaml" for kind in KINDS}
_TYPES: dict[str, Any] = {
    "string": str, "boolean": bool, "object": dict, "array": list, "null": type(None), "number": int | float,
    "integer": int,
}  # fmt: skip


def fits(value: Any, rule: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Return whether *value* is valid by *rule*, for the part of draft 7 that the schemas use."""
    unknown = set(rule) - _KEYWORDS
    assert not unknown, f"the schemas use {unknown}, which this validator does not know"
    if "$ref" in rule:
        return fits(value, whole["definitions"][rule["$ref"].removeprefix("#/definitions/")], whole)
    return all(
        (
            "enum" not in rule or value in rule["enum"],
            "anyOf" not in rule or any(fits(value, option, whole) for option in rule["anyOf"]),
            all(fits(value, option, whole) for option in rule.get("allOf", ())),
            "type" not in rule or any(_is(value, name) for name in _listed(rule["type"])),
            not isinstance(value, str) or re.search(rule.get("pattern", ""), value) is not None,
            not isinstance(value, int | float) or _within(value, rule),
            not isinstance(value, dict) or _mapping_fits(value, rule, whole),
            not isinstance(value, list) or all(fits(item, rule.get("items", {}), whole) for item in value),
        )
    )


_KEYWORDS = {
    "$schema", "$ref", "title", "description", "examples", "definitions", "enum", "anyOf", "allOf", "type", "pattern",
    "minimum", "maximum", "properties", "required", "additionalProperties", "propertyNames", "items", "minProperties",
    "maxProperties",
}  # fmt: skip


def _listed(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _within(value: float, rule: dict[str, Any]) -> bool:
    return bool(rule.get("minimum", value) <= value <= rule.get("maximum", value))


def _mapping_fits(value: dict[str, Any], rule: dict[str, Any], whole: dict[str, Any]) -> bool:
    known, other = rule.get("properties", {}), rule.get("additionalProperties", {})
    counted = rule.get("minProperties", 0) <= len(value) <= rule.get("maxProperties", len(value))
    named = all(fits(key, rule.get("propertyNames", {}), whole) for key in value)
    if not (counted and named and set(rule.get("required", ())) <= set(value)):
        return False
    if other is False and set(value) - set(known):
        return False
    return all(fits(item, known.get(key, other or {}), whole) for key, item in value.items())


def tree(text: str) -> Any:
    """Return what YAML text says."""
    node = compose(text, Faults("example"))
    assert node is not None
    return plain(node)


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_are_valid(kind: str) -> None:
    """An editor finds no fault in what the checker reads."""
    rules = schema(kind)

    assert fits(tree((FORMATS / EXAMPLES[kind]).read_text(encoding="utf-8")), rules, rules)


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_key_is_marked_by_the_editor(kind: str) -> None:
    """Unknown keys are refused at the top of every kind of file."""
    rules, value = schema(kind), tree((FORMATS / EXAMPLES[kind]).read_text(encoding="utf-8"))

    assert not fits({**value, "misspelt": 1}, rules, rules)


STAGES = [
    "{cmd: x}",
    "{cmd: [x, y], outs: a, metrics: [{m.json: {cache: false}}], plots: [{p.csv: {x: a, y: b, title: T}}]}",
    "{cmd: x, outs: [{path: a, persist: true}], params: [lr, {other.yaml: [a]}, {whole.yaml: }]}",
    "{foreach: [1, 2], do: {cmd: 'echo ${item}'}}",
    "{cmd: x, timeout: '${limit}', resources: {cpus: 2, memory: 1GiB}, code: [src/**/*.py]}",
    "{cmd: x, matrix: {a: [1, 2]}, frozen: true, meta: {any: [1]}}",
    "{outs: a}",
    "{cmd: 3}",
    "{cmd: x, out: a}",
    "{cmd: x, outs: [{a: {cached: true}}]}",
    "{cmd: x, timeout: soon}",
    "{cmd: x, resources: {cpus: many}}",
    "{cmd: x, resources: {cpus: -1}}",
    "{cmd: x, code: manual}",
    "{cmd: x, params: [{a.yaml: {b: c}}]}",
    "{cmd: x, env: [A-B]}",
    "{cmd: x, frozen: maybe}",
]


@pytest.mark.parametrize("written", STAGES)
def test_editor_and_checker_agree_about_stages(written: str) -> None:
    """Every way of writing a stage is valid for both, or for neither."""
    text = f"apiVersion: roadworthy/v1alpha1\nstages:\n  s: {written}\n"
    rules = schema("pipeline")

    assert fits(tree(text), rules, rules) == (parse(Pipeline, text.encode(), "pipeline.yaml").faults == ())


def test_every_key_has_a_meaning_in_its_schema() -> None:
    """An editor shows what a key means."""
    shown = json.dumps(schema("requirements"))

    assert meanings()["Noise"]["resample"] in shown
    assert all(
        key.spelling in meanings()[owner.__name__]
        for kind in KINDS.values()
        for owner in [kind]
        for key in keys_of(owner).values()
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_the_top_is_in_its_schema(kind: str) -> None:
    """No field is left out."""
    fields = {field.name.removesuffix("_") for field in dataclasses.fields(KINDS[kind])}

    assert set(schema(kind)["properties"]) == fields


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_does_not_speak_python(kind: str) -> None:
    """Whoever reads a description in an editor writes YAML: there is no None in it."""
    assert not re.search(r"\bNone\b|\bTrue\b|\bFalse\b", json.dumps(schema(kind)))
