"""Writes docs/reference/configuration.md from the models: `python -m postroad.configuration.reference`."""

import json
from pathlib import Path

from postroad.configuration.keys import Key

PAGE = Path("docs/reference/configuration.md")

_INTRODUCTION = """\
# Configuration

<!-- Written by `python -m postroad.configuration.reference` from postroad/configuration/: edit it there. -->

Everything that a platform team sets for a stage is in `config/<stage>.toml`; the file's name is the stage's.
Start from [config/prod.toml](../../config/prod.toml), which holds every key. The file is read when the stacks
are synthesised (`npx cdk deploy --all -c stage=<stage>`), and every problem in it is named at once:

```
config/prod.toml: aws.account: expected an AWS account id: 12 digits, in quotes, got 12
config/prod.toml: streams.news.domain: 'shop.exmple' is none of the [[domains]]; did you mean 'shop.example'?
config/prod.toml: timing.lease_seconds: expected more than send_timeout_seconds (60), got 45
```

A key without a default is required. A section that is marked as optional may be left out.
"""

_RULES = """
## Rules among sections

- A stream's `from` is an address of its `domain`, and its `domain` one of the `[[domains]]`.
- A stage has 13 streams at most: CloudFormation takes no more resources in a stack.
- A stage other than `local` with a stream that can be unsubscribed needs `[web]`, with a certificate or a
  zone to make one in: mail that can be left must lead to a page where that works. The certificate is in the
  stage's own account and Region.
- A domain has one `_dmarc` record at most, and a second one fails a deployment. Where a record exists, or a
  listed domain above makes one, say `dmarc = "external"`.
- Opens and clicks are tracked only under a stream's own HTTPS domain, which is one of the `[[domains]]` or
  below one (SES refuses a domain that isn't verified) and isn't that of `[web]`.
- The MAIL FROM domain, `<mail_from>.<name>`, is used for nothing else.
- `lease_seconds` is longer than `send_timeout_seconds`, and both of SES's timeouts together are 8 seconds
  shorter at least.
  `evidence_seconds` is longer than these two, and `evidence_after_crash_seconds` at least 300, but for the
  stage `local`.
- A queue hides a message that is being worked on for 6 × its function's timeout and the batching window, as
  AWS advises. The factor is fixed.
- Each `[[producers]]` account is listed once, isn't the stage's own, and names streams that exist.
- The stage `local` is only ever deployed to the emulated account `000000000000`, and no other stage is.
"""


def page() -> str:
    """Return the text of the page."""
    root = Key()
    plain = [key for key in root.keys if key.section is None]
    parts = [_INTRODUCTION, "## Top of the file\n", _table(plain)]
    for key in root.keys:
        if section := key.section:
            parts += _section(key, section)
    return "\n".join(parts) + _RULES


def _section(key: Key, section: Key) -> list[str]:
    plain = [each for each in section.keys if each.section is None]
    parts = [f"## `{key.heading}`\n", _about(key, section), _table(plain)]
    for each in section.keys:
        if below := each.section:
            parts += _section(each, below)
    return parts


def _about(key: Key, section: Key) -> str:
    again = " One for each." if key is not section and not key.names else ""
    optional = "" if key.is_required or key.path[-1] in Key().schema["required"] else " Optional."
    return f"{section.schema['description']}{again}{optional}\n"


def _table(keys: list[Key]) -> str:
    rows = [
        f"| `{key.path[-1]}` | {_cell(key.expected)} | {_default(key)} | {_cell(key.schema['description'])} |"
        for key in keys
    ]
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows, ""])


def _default(key: Key) -> str:
    if shown := key.schema.get("shown_default"):
        return str(shown)
    if "default" not in key.schema:
        return ""
    default = key.schema["default"]
    return "none" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*") if "`" not in text else text


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
