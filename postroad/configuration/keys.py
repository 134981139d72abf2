"""The keys of a configuration file in words: for errors ("expected …") and for the reference page.

Read off the models' JSON Schema, in which `texts.Text` puts its own words under `expected`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from postroad.configuration.model import Configuration

Step = str | int
Schema = Mapping[str, Any]


def _schema_of_file() -> Schema:
    schema = Configuration.model_json_schema()
    # The stage is the file's name and no key of the file.
    del schema["properties"]["stage"]
    return schema


@dataclass(frozen=True)
class Key:
    """What may stand at one place of the file, a value or a section. `Key()` is the file as a whole.

    Paths are those of the file: ("aws", "region"), ("domains", 0, "name"), ("streams", "marketing", "from").
    """

    path: tuple[Step, ...] = ()
    schema: Schema = field(default_factory=_schema_of_file, repr=False)
    definitions: Schema = field(default_factory=dict, repr=False)

    def at(self, path: Sequence[Step]) -> "Key | None":
        """Return the key at a path below this one, or None if there can be none."""
        if not path:
            return self
        step, *rest = path
        below = self._below(step)
        if not below:
            return None
        definitions = self.definitions or self.schema.get("$defs", {})
        below = {**below, **next((one for one in below.get("anyOf", ()) if one.get("type") != "null"), {})}
        if "$ref" in below:
            section = definitions[below["$ref"].rpartition("/")[2]]
            # What a key says of itself goes before what its section says.
            below = {**section, **{word: value for word, value in below.items() if word != "$ref"}}
        return Key((*self.path, step), below, definitions).at(rest)

    def _below(self, step: Step) -> Schema:
        if isinstance(step, int):
            return dict(self.schema.get("items", {}))
        named = self.schema.get("properties", {}).get(step) or self.schema.get("additionalProperties")
        return dict(named or {})

    @property
    def names(self) -> list[str]:
        """The keys of a section."""
        return list(self.schema.get("properties", {}))

    @property
    def keys(self) -> list["Key"]:
        """The keys of a section, described."""
        return [key for name in self.names if (key := self.at([name]))]

    @property
    def section(self) -> "Key | None":
        """The section that stands here, once or many times; None for a plain value."""
        if self.names:
            return self
        inside = self.at([0]) or self.at(["<name>"])
        return inside if inside and inside.names else None

    @property
    def heading(self) -> str:
        """How the section begins in the file: `[aws]`, `[[domains]]`, `[streams.<name>]`."""
        name = ".".join(str(step) for step in self.path if isinstance(step, str))
        if self.schema["type"] == "array":
            return f"[[{name}]]"
        return f"[{name}]" if self.names else f"[{name}.<name>]"

    @property
    def expected_name(self) -> str:
        """What a table below may be called, as the end of the sentence "expected …"."""
        named = self.schema.get("propertyNames", {}).get("expected")
        return str(named or f"a name that matches {' or '.join(self.schema.get('patternProperties', ()))}")

    @property
    def expected(self) -> str:
        """What may stand here, as the end of the sentence "expected …"."""
        if "expected" in self.schema:
            return str(self.schema["expected"])
        if "enum" in self.schema:
            *most, last = (repr(value) for value in self.schema["enum"])
            return f"{', '.join(most)} or {last}"
        if self.section:
            return f"{'one table or more' if self.is_required else 'a table'} {self.heading}"
        return self._plain_value()

    @property
    def is_required(self) -> bool:
        """Whether a list or table of tables must have an entry."""
        return bool({"minItems", "minProperties"} & self.schema.keys())

    def _plain_value(self) -> str:
        match self.schema["type"]:
            case "array":
                item = self.at([0])
                least = "at least one, " if self.is_required else ""
                return f"a list, {least}each {item.expected if item else ''}"
            case "boolean":
                return "true or false"
            case "object":
                value = self.at(["<name>"])
                return f"a table, with {value.expected} for each name" if value else "a table"
            case kind:
                return f"{'a whole number' if kind == 'integer' else 'a number'} {self._limits()}"

    def _limits(self) -> str:
        low = f"from {self.schema['minimum']}" if "minimum" in self.schema else ""
        low = low or f"above {self.schema['exclusiveMinimum']}"
        return f"{low} to {self.schema['maximum']}"
