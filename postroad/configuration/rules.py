"""Rules among the sections of a file. Those inside one section stand with its keys.

Each rule looks at what is valid by itself (`Parts`) and says nothing of what isn't: that is reported already.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from postroad.configuration.cloudfront import REGION as CLOUDFRONT_REGION
from postroad.configuration.limits import Timing
from postroad.configuration.model import Aws, Domain, Governor, Producer, Web
from postroad.configuration.problems import Problem, did_you_mean
from postroad.configuration.section import Section
from postroad.configuration.sizing_rules import broken_sizes
from postroad.configuration.stream import Stream, confirming_streams
from postroad.configuration.texts import DomainName
from postroad.names import LOCAL_ACCOUNT, LOCAL_STAGE

# Queues, functions and alarms of our own bear these names.
TAKEN = frozenset(
    {"feedback", "outcomes", "counting", "dispatch", "events", "account", "web", "journeys", "intake"}
)
# CloudFormation takes 500 resources in a stack: a stream is 28 of them, and 130 are there without any.
MOST_STREAMS = 13
# So ends the name of a stream's queue of dead letters, and that of its output.
DEAD_LETTERS = ("-dead-letters", "-dead-letter")
# AWS refuses a request whose date is older, so that one of a frozen function can't be taken any more.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
SIGNED_FOR_SECONDS = 300

Part = TypeVar("Part", bound=Section)


def _valid(model: type[Part], content: object) -> Part | None:
    try:
        return model.model_validate_json(json.dumps(content, default=str))
    except ValidationError:
        return None


def _valid_items(model: type[Part], content: object) -> dict[int, Part]:
    items = content if isinstance(content, list) else []
    return {place: part for place, item in enumerate(items) if (part := _valid(model, item))}


def _domain(section: object, key: str) -> str | None:
    """Return a section's domain, or None where the section has none that is valid."""
    try:
        return TypeAdapter(DomainName).validate_python(
            section.get(key) if isinstance(section, dict) else None
        )
    except ValidationError:
        return None


def _share(value: object) -> float | None:
    """Return a stage's share of the account, or None where it is none."""
    return float(value) if isinstance(value, int | float) and 0 < value <= 1 else None


@dataclass(frozen=True, slots=True)
class Parts:
    """The valid sections of a file, with their places in it.

    Names can be judged even where their section is broken: `domain_names` is None if a name itself is.
    """

    stage: str
    aws: Aws | None
    domains: Mapping[int, Domain]
    streams: Mapping[str, Stream]
    producers: Mapping[int, Producer]
    timing: Timing | None
    governor: Governor | None
    account_share: float | None
    web: Web | None
    has_web: bool
    domain_names: Sequence[str] | None
    stream_domains: Mapping[str, str | None]

    @classmethod
    def of(cls, stage: str, content: Mapping[str, object]) -> Self:
        """Take what is valid out of a file's content."""
        streams = content.get("streams")
        streams = streams if isinstance(streams, dict) else {}
        listed = content.get("domains")
        names = [_domain(item, "name") for item in listed] if isinstance(listed, list) else [None]
        return cls(
            stage=stage,
            aws=_valid(Aws, content.get("aws")),
            domains=_valid_items(Domain, listed),
            streams={name: part for name, item in streams.items() if (part := _valid(Stream, item))},
            producers=_valid_items(Producer, content.get("producers")),
            timing=_valid(Timing, content.get("timing", {})),
            governor=_valid(Governor, content.get("governor", {})),
            account_share=_share(content.get("account_share", 1.0)),
            web=_valid(Web, content.get("web")),
            has_web="web" in content,
            domain_names=None if None in names or not names else [name for name in names if name],
            stream_domains={name: _domain(item, "domain") for name, item in streams.items()},
        )


def broken_rules(parts: Parts) -> Iterator[Problem]:
    """Judge all rules."""
    yield from _account(parts)
    yield from _domains(parts)
    yield from _streams(parts)
    yield from _web(parts)
    yield from _producers(parts)
    yield from _timing(parts)
    yield from _governor(parts)
    yield from _sizes(parts)


def _account(parts: Parts) -> Iterator[Problem]:
    if parts.aws is None:
        return
    local = parts.stage == LOCAL_STAGE
    if local and parts.aws.account != LOCAL_ACCOUNT:
        yield Problem(
            ("aws", "account"),
            f"the stage 'local' never reaches AWS: expected '{LOCAL_ACCOUNT}', got '{parts.aws.account}'",
        )
    if not local and parts.aws.account == LOCAL_ACCOUNT:
        yield Problem(
            ("aws", "account"), f"expected an account of AWS, got the emulated one, '{LOCAL_ACCOUNT}'"
        )


def _is_below(domain: str, parent: str) -> bool:
    return domain.endswith(f".{parent}")


def _domains(parts: Parts) -> Iterator[Problem]:
    names = [domain.name for domain in parts.domains.values()]
    for number, (place, domain) in enumerate(parts.domains.items()):
        if domain.name in names[:number]:
            yield Problem(("domains", place, "name"), f"expected each domain once, got '{domain.name}' again")
        for other in parts.domains.values():
            if domain.dmarc == other.dmarc == "create" and _is_below(domain.name, other.name):
                yield Problem(
                    ("domains", place, "dmarc"),
                    f"expected 'external', for the record made for '{other.name}' holds for this domain too",
                )
            if domain.identity == "create" and domain.mail_from_domain == other.name:
                yield Problem(
                    ("domains", place, "mail_from"),
                    f"expected a label that makes a domain of its own, got '{domain.mail_from}': SES wants a "
                    f"MAIL FROM domain that is used for nothing else, and '{other.name}' sends mail",
                )


def _streams(parts: Parts) -> Iterator[Problem]:
    written: dict[str, str] = {}
    if len(parts.stream_domains) > MOST_STREAMS:
        yield Problem(
            ("streams",),
            f"expected at most {MOST_STREAMS}, for CloudFormation takes 500 resources in a stack, got "
            f"{len(parts.stream_domains)}; put the others on a stage of their own",
        )
    for name, domain in parts.stream_domains.items():
        if domain and parts.domain_names is not None and domain not in parts.domain_names:
            hint = did_you_mean(domain, parts.domain_names)
            yield Problem(("streams", name, "domain"), f"'{domain}' is none of the [[domains]]; {hint}")
        if name in TAKEN:
            yield Problem(
                ("streams", name), f"'{name}' is the name of a part of Postroad's own: choose another"
            )
        if name.endswith(DEAD_LETTERS):
            yield Problem(
                ("streams", name), f"expected a name that no stream's dead letters can have, got '{name}'"
            )
        # Outputs and constructs are named by the stream without hyphens: OrderUpdates.
        if (twin := written.setdefault(name.replace("-", ""), name)) != name:
            yield Problem(
                ("streams", name), f"expected a name that differs from '{twin}' in more than hyphens"
            )
    for name, stream in parts.streams.items():
        yield from _tracking(parts, name, stream)


def _tracking(parts: Parts, name: str, stream: Stream) -> Iterator[Problem]:
    tracking = stream.tracking_domain
    if tracking is None:
        return
    key = ("streams", name, "tracking_domain")
    names = parts.domain_names
    if names is not None and not any(tracking == one or _is_below(tracking, one) for one in names):
        # SES answers InvalidTrackingOptions for a domain that isn't verified.
        yield Problem(key, f"expected one of the [[domains]] or a domain below one, got '{tracking}'")
    if parts.web and tracking == parts.web.domain:
        yield Problem(key, f"expected a domain of its own, got that of [web], '{tracking}'")


def _web(parts: Parts) -> Iterator[Problem]:
    left = [f"'{name}'" for name, stream in parts.streams.items() if stream.unsubscribable]
    if left and not parts.has_web and parts.stage != LOCAL_STAGE:
        yield Problem(
            ("web",),
            f"missing; expected a table [web] with domain and certificate_arn or hosted_zone_id, for mail of "
            f"{' and '.join(left)} can be unsubscribed and must lead to a page",
        )
    if parts.web is None:
        return
    yield from _confirmation_stream(parts, parts.web.confirmation_stream)
    for domain in parts.domains.values():
        if domain.identity == "create" and domain.mail_from_domain == parts.web.domain:
            yield Problem(
                ("web", "domain"), f"expected a domain of its own, got the MAIL FROM of '{domain.name}'"
            )
    if parts.web.certificate_arn and parts.aws:
        region, account = parts.web.certificate_arn.split(":")[3:5]
        if (region, account) != (parts.aws.region, parts.aws.account):
            yield Problem(
                ("web", "certificate_arn"),
                f"expected a certificate in {parts.aws.region} of account {parts.aws.account}, "
                f"got one in {region} of {account}",
            )
    yield from _cloudfront(parts)


def _confirmation_stream(parts: Parts, named: str | None) -> Iterator[Problem]:
    can = confirming_streams(parts.streams)
    key = ("web", "confirmation_stream")
    if named is None and len(can) > 1:
        names = ", ".join(can)
        yield Problem(key, f"missing; expected the stream that mails whoever signs up by a page: {names}")
    elif named is not None and parts.stream_domains and named not in parts.stream_domains:
        yield Problem(key, f"'{named}' is no stream; {did_you_mean(named, parts.stream_domains)}")
    elif named in parts.streams and named not in can:
        yield Problem(key, f"expected a transactional stream that can't be unsubscribed, got '{named}'")


def _cloudfront(parts: Parts) -> Iterator[Problem]:
    front = parts.web.cloudfront if parts.web else None
    if front is None or parts.aws is None:
        return
    region, account = front.certificate_arn.split(":")[3:5]
    if (region, account) != (CLOUDFRONT_REGION, parts.aws.account):
        yield Problem(
            ("web", "cloudfront", "certificate_arn"),
            f"expected a certificate in {CLOUDFRONT_REGION} of account {parts.aws.account}, for CloudFront "
            f"takes no other, got one in {region} of {account}",
        )
    if front.web_acl_arn and (account := front.web_acl_arn.split(":")[4]) != parts.aws.account:
        yield Problem(
            ("web", "cloudfront", "web_acl_arn"),
            f"expected a web ACL of account {parts.aws.account}, got one of {account}",
        )


def _producers(parts: Parts) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, producer in parts.producers.items():
        if producer.account in seen:
            yield Problem(
                ("producers", place, "account"), f"expected each account once, got '{producer.account}' again"
            )
        seen.add(producer.account)
        if parts.aws and producer.account == parts.aws.account:
            yield Problem(
                ("producers", place, "account"),
                "expected another account: applications of the stage's own attach the managed policy that "
                "the "
                "outputs name",
            )
        for number, stream in enumerate(producer.streams):
            if parts.stream_domains and stream not in parts.stream_domains:
                hint = did_you_mean(stream, parts.stream_domains)
                yield Problem(("producers", place, "streams", number), f"'{stream}' is no stream; {hint}")


def _timing(parts: Parts) -> Iterator[Problem]:
    if parts.timing is None or parts.stage == LOCAL_STAGE:
        return
    if (seconds := parts.timing.evidence_after_crash_seconds) < SIGNED_FOR_SECONDS:
        yield Problem(
            ("timing", "evidence_after_crash_seconds"),
            f"expected at least {SIGNED_FOR_SECONDS}, for a frozen function may still hold a signed request, "
            f"and AWS takes one that long after its date, got {seconds}",
        )


def _governor(parts: Parts) -> Iterator[Problem]:
    if parts.governor is None or parts.governor.quota_reserve < 1:
        return
    for name, stream in parts.streams.items():
        if not stream.wanted.is_transactional:
            yield Problem(
                ("governor", "quota_reserve"),
                f"expected less than 1, for then '{name}', which is not transactional, never sends, got 1",
            )
            return


def _sizes(parts: Parts) -> Iterator[Problem]:
    if parts.aws is None or parts.aws.ses_rate_per_second is None or parts.timing is None:
        return
    if parts.governor is None or parts.account_share is None:
        return
    if len(parts.streams) < len(parts.stream_domains):
        return  # a stream that can't be read has its copies too
    yield from broken_sizes(
        {name: stream.wanted for name, stream in parts.streams.items()},
        rate=parts.aws.ses_rate_per_second * parts.account_share,
        transactional_share=parts.governor.transactional_share,
        room=parts.timing.send_room_seconds,
    )
