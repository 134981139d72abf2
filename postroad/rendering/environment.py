"""The Jinja environment, the same at build and at send: sandboxed, strict, escaping HTML and nothing else."""

from decimal import Decimal
from functools import partial

from jinja2 import BaseLoader, StrictUndefined, Undefined, UndefinedError
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from postroad.rendering.failures import BadValue, MissingValue, Probe
from postroad.rendering.formats import Formats

# Filters that would let data through unescaped, or that read clocks and chance.
_FORBIDDEN_FILTERS = ("safe", "random", "pprint", "xmlattr")


class MissingData(StrictUndefined):
    """Raises MissingValue, which knows where the missing name was looked for."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        """Remember the owner for path_of; a sandbox's SecurityError stays what it is."""
        super().__init__(hint, obj, name, exc)  # type: ignore[arg-type] # Jinja types exc as TemplateRuntimeError
        if exc is UndefinedError:
            self._undefined_exception = partial(_missing, obj, name)  # type: ignore[assignment] # any callable that makes an exception works


def _missing(owner: object, name: str | None, _message: str) -> MissingValue:
    return MissingValue(owner, name if isinstance(name, str) else "?")


class MailEnvironment(ImmutableSandboxedEnvironment):
    """Names are `<path in templates/>@<locale>`: each file is compiled once for each locale."""

    def __init__(self, loader: BaseLoader, formats: Formats) -> None:
        """Bind the filters to one recipient's locale."""
        super().__init__(
            loader=loader,
            undefined=MissingData,
            autoescape=is_html,
            finalize=printable,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        for name in _FORBIDDEN_FILTERS:
            del self.filters[name]
        self.filters.update(formats.filters())
        self.filters.update({"printable": printable, "https": https})
        self.tests.update({"given": is_given, "nonzero": formats.is_nonzero})
        # No range, no namespace: a loop runs over the message's own lists, whose size the contract bounds.
        self.globals = {}

    def join_path(self, template: str, parent: str) -> str:
        """Take an extended or imported file in the locale of the file that names it."""
        return f"{template}@{parent.rpartition('@')[2]}"

    def getattr(self, obj: object, attribute: str) -> object:
        """Take `order.items` for the item of that name, never for the method of a dict."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if type(obj) is TemplateModule and type(macro := vars(obj).get(attribute)) is Macro:
            return macro
        return super().getattr(obj, attribute)

    def call(self, context: Context, what: object, /, *args: object, **kwargs: object) -> object:
        """Call a macro straight away, as the sandbox would after it has found nothing against it."""
        if type(what) is not Macro:
            return super().call(context, what, *args, **kwargs)
        # What the compiler passes along for functions that take a whole context.
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return what(context.eval_ctx, *args, **kwargs)

    def getitem(self, obj: object, argument: object) -> object:
        """Look up a key; a missing one is not named, for a computed key may be data itself."""
        found = super().getitem(obj, argument)
        return self.undefined(obj=obj, name="?") if isinstance(found, Undefined) else found


def is_html(name: str | None) -> bool:
    """Escape in `x.html@en`, not in `x.txt@en`."""
    return name is not None and name.partition("@")[0].endswith(".html")


def printable(value: object) -> object:
    """Let only text and numbers into a mail: nobody is to read 'Hello None'."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Undefined):
        raise BadValue(value, "expected text or a number")
    return value


def https(value: object) -> object:
    """Let only absolute https links into an href."""
    if isinstance(value, Undefined):
        return value
    if not isinstance(value, str) or not value.startswith("https://") or not value.isprintable():
        raise BadValue(value, "expected a link that starts with https://")
    return value


def is_given(value: object) -> bool:
    """Test of optional data: there, and neither null nor empty."""
    if isinstance(value, Probe):
        return value.stands_for is not None
    return not isinstance(value, Undefined) and value is not None and value not in ("", [], {})
