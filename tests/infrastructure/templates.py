"""Synthesised templates, and the questions that the tests ask them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from postroad.configuration import Configuration
from stacks.application import add_stacks
from stacks.mail_stack import NO_PLANS

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stacks:
    """The templates of one stage."""

    configuration: Configuration
    foundation: dict[str, Any]
    mail: dict[str, Any]

    @property
    def templates(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.foundation, self.mail

    def all(self, kind: str) -> dict[str, Resource]:
        """Return the resources of a type in both stacks by their logical ids."""
        return {
            logical_id: resource
            for template in self.templates
            for logical_id, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str) -> list[dict[str, Any]]:
        return [resource["Properties"] for resource in self.all(kind).values()]

    def named(self, kind: str, key: str, value: str) -> dict[str, Any]:
        """Return the properties of the one resource of a type whose property `key` is `value`."""
        (found,) = [properties for properties in self.properties(kind) if properties.get(key) == value]
        return found

    def function(self, name: str) -> dict[str, Any]:
        return self.named(
            "AWS::Lambda::Function", "FunctionName", f"postroad-{self.configuration.stage}-{name}"
        )

    def role_statements(self, role: str) -> list[dict[str, Any]]:
        """Return what a role (its logical id) may do."""
        return [
            statement
            for policy in self.properties("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def statements_of(self, name: str) -> list[dict[str, Any]]:
        """Return what a function may do."""
        return self.role_statements(self.function(name)["Role"]["Fn::GetAtt"][0])

    def readable(self, value: object) -> str:
        """Write an intrinsic function as what it will be: names for resources, `<…>` for what AWS makes."""
        match value:
            case str():
                return value
            case {"Ref": str(name)}:
                return self._physical(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self._physical(name) + ("" if attribute == "Arn" else f".{attribute}")
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(self.readable(part) for part in parts)
        raise AssertionError(f"an intrinsic function that no test has met: {value}")

    def _physical(self, logical_id: str) -> str:
        for template in self.templates:
            if parameter := template.get("Parameters", {}).get(logical_id):
                return f"<{parameter['Default']}>"
            if resource := template["Resources"].get(logical_id):
                kind = resource["Type"].rpartition("::")[2]
                name = resource.get("Properties", {}).get("Name" if kind in NAMED_NAME else f"{kind}Name")
                return name or f"<{logical_id}>"
        return f"<{logical_id}>"


NAMED_NAME = frozenset({"EventBus", "ConfigurationSet"})


def synthesise(
    configuration: Configuration,
    *,
    plans: bytes = NO_PLANS,
    simulator: str | None = None,
    cloud: str | None = None,
) -> Stacks:
    app = App(context=feature_flags())
    foundation, mail = add_stacks(app, configuration, plans=plans, simulator=simulator, cloud=cloud)
    return Stacks(
        configuration,
        dict(Template.from_stack(foundation).to_json()),
        dict(Template.from_stack(mail).to_json()),
    )


def feature_flags() -> dict[str, Any]:
    """Return the context that the CDK command line reads from cdk.json."""
    context: dict[str, Any] = json.loads(Path("cdk.json").read_text(encoding="utf-8"))["context"]
    return context


def as_list(value: object) -> list[Any]:
    """IAM writes a list of one as the one."""
    return value if isinstance(value, list) else [value]
