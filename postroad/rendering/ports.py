"""What sending needs of a renderer, and the two ways in which rendering can refuse a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from postroad.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Rendered:
    """One e-mail, ready to be sent.

    `locale` is that of the texts which were used (`es` for a request of `es-CO`). `notes` are sentences for
    the decision record, for example that a locale fell back to the default. `html` is None for a template
    that has a text part only.
    """

    subject: str
    text: str
    html: str | None
    locale: str
    notes: tuple[str, ...] = ()


class RenderingError(PermanentError):
    """A message that can never be rendered as it is. Its text holds no data of the recipient."""


class TemplateMissing(RenderingError):  # noqa: N818 - the house's errors are named for what happened
    """There is no template of this name in this deployment."""

    def __init__(self, name: str) -> None:
        """Keep the name, which the contract's parser has already held to a safe alphabet."""
        super().__init__(f"there is no template {name!r}: add templates/{name}/ and deploy, or name another")
        self.name = name


class TemplateDataError(RenderingError):
    """The message's data does not fit the template.

    `field` is a path such as `lines[2].unit_price` ("" where it can't be known), `detail` says what was
    expected. Neither ever holds a value of the data.
    """

    def __init__(self, field: str, detail: str) -> None:
        """Say which field of `data` is wrong, and what is expected of it."""
        super().__init__(f"data.{field}: {detail}" if field else f"data: {detail}")
        self.field = field
        self.detail = detail


class Renderer(Protocol):
    """Renders one template for one recipient."""

    def render(self, template: str, *, locale: str | None, data: Mapping[str, object]) -> Rendered:
        """Render `template` in the closest locale that it has, or in its default when `locale` is None.

        Raises TemplateMissing and TemplateDataError, nothing else for any data that JSON can hold.
        """
        ...
