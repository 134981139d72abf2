"""Every problem of a file is named at once: file, key, and what was expected."""
# ruff: noqa: E501 - one line for each problem, as a reader sees it

import copy
from collections.abc import Callable
from typing import Any

import pytest

from postroad.configuration import ConfigurationError, load
from postroad.configuration.loader import check

Content = dict[str, Any]
Change = Callable[[Content], object]

VALID: Content = {
    "aws": {"account": "123456789012", "region": "eu-west-1"},
    "domains": [{"name": "shop.example"}, {"name": "company.example", "identity": "existing"}],
    "streams": {
        "transactional": {"kind": "transactional", "domain": "shop.example", "from": "orders@shop.example"},
        "marketing": {"kind": "marketing", "domain": "shop.example", "from": "news@shop.example"},
    },
    "web": {
        "domain": "mail.shop.example",
        "hosted_zone_id": "Z0123456789",
        "confirmation_stream": "transactional",
    },
    "recipients": {"allow": ["*"]},
    "producers": [{"account": "210987654321", "streams": ["transactional"]}],
}
MARKETING: Content = VALID["streams"]["marketing"]
RATED: Content = {**VALID["aws"], "ses_rate_per_second": 14}
REGION = "expected an AWS Region such as 'eu-west-1'"
ADDRESS = "expected an e-mail address such as 'orders@shop.example'"
DOMAIN = "expected a domain name such as 'shop.example'"
ACCOUNT = "expected an AWS account id: 12 digits, in quotes"
PATTERN = "expected '*' (everybody), an address, or an address with * before the @ such as '*@shop.example'"
CERTIFICATE = "expected the ARN of an ACM certificate: 'arn:aws:acm:<region>:<account>:certificate/<id>'"
EDGE = "arn:aws:acm:us-east-1:123456789012:certificate/0d1f"
STREAM = "expected a stream name: a small letter, then up to 30 small letters, digits and hyphens"


def problems(*changes: Change, stage: str = "prod") -> list[str]:
    content = copy.deepcopy(VALID)
    for change in changes:
        change(content)
    with pytest.raises(ConfigurationError) as caught:
        check(content, stage=stage, file="f")
    return [line.removeprefix("f: ") for line in str(caught.value).splitlines()]


def put(path: str, value: object) -> Change:
    def change(content: Content) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        here: Any = content
        for step in way:
            here = here[step] if isinstance(step, int) else here.setdefault(step, {})
        here[last] = value

    return change


def drop(path: str) -> Change:
    def change(content: Content) -> None:
        *way, last = path.split("/")
        here: Any = content
        for step in way:
            here = here[step]
        del here[last]

    return change


def test_the_content_that_the_others_differ_from_is_valid() -> None:
    assert check(VALID, stage="prod", file="f").stage == "prod"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        # One value by itself.
        (put("aws/account", 123456789012), f"aws.account: {ACCOUNT}, got 123456789012"),
        (put("aws/account", "12345"), f"aws.account: {ACCOUNT}, got '12345'"),
        (put("aws/account", "１２３４５６７８９０１２"), f"aws.account: {ACCOUNT}, got '１２３４５６７８９０１２'"),
        (put("aws/region", "ireland"), f"aws.region: {REGION}, got 'ireland'"),
        (put("aws/region", "eu-wst-1"), f"aws.region: {REGION}, got 'eu-wst-1' (did you mean 'eu-west-1' or "),
        (put("aws/region", "eu-west-9"), f"aws.region: {REGION}, got 'eu-west-9' (did you mean 'eu-west-3' or 'eu-west-2' or 'eu-west-1'?)"),
        (put("aws/region", "aws-global"), f"aws.region: {REGION}, got 'aws-global'"),
        (put("aws/backup_region", "us-east1"), f"aws.backup_region: {REGION}, got 'us-east1' (did you mean 'us-east-1' or "),
        (put("aws/ses_rate_per_second", 0), "aws.ses_rate_per_second: expected a number above 0 to 100000, got 0"),
        (put("aws/ses_daily_quota", 1.5), "aws.ses_daily_quota: expected a whole number from 1 to 10000000000, got 1.5"),
        (put("aws/region", "<yours>"), f"aws.region: still to be filled in: {REGION}, got the placeholder '<yours>'"),
        (drop("aws/region"), f"aws.region: missing; {REGION}"),
        (drop("aws"), "aws: missing; expected a table [aws]"),
        (put("aws", []), "aws: expected a table [aws], got an empty list"),
        (put("account_share", 0), "account_share: expected a number above 0 to 1, got 0"),
        (put("account_share", 1.5), "account_share: expected a number above 0 to 1, got 1.5"),
        (put("account_share", "all"), "account_share: expected a number above 0 to 1, got 'all'"),
        (put("encryption", "kms"), "encryption: expected 'aws-owned' or 'customer-managed', got 'kms'"),
        (put("domains", []), "domains: expected one table or more [[domains]], got an empty list"),
        (put("streams", {}), "streams: expected one table or more [streams.<name>], got a table"),
        (put("producers/0/account", "me"), f"producers[0].account: {ACCOUNT}, got 'me'"),
        (put("producers/0/streams", []), f"producers[0].streams: expected a list, at least one, each a{STREAM[10:]}, got an empty list"),
        (put("web/domain", "shop"), f"web.domain: {DOMAIN}, got 'shop'"),
        (put("web/domain", "https://mail.shop.example"), f"web.domain: {DOMAIN}, got 'https://mail.shop.example'"),
        (put("web/certificate_arn", "arn:aws:iam::1:x"), f"web.certificate_arn: {CERTIFICATE}, got 'arn:aws:iam::1:x'"),
        (put("web/hosted_zone_id", "/hostedzone/Z1"), "web.hosted_zone_id: expected the id of a Route 53 hosted zone, such as 'Z0123456789ABCDEFGHIJ', got '/hostedzone/Z1'"),
        (put("web/cloudfront", {}), f"web.cloudfront.certificate_arn: missing; {CERTIFICATE}"),
        (put("web/cloudfront", {"certificate_arn": EDGE, "web_acl_arn": "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/x/1"}), "web.cloudfront.web_acl_arn: expected the ARN of a web ACL for CloudFront: 'arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>', got 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/x/1'"),
        (put("web/cloudfront", {"certificate_arn": EDGE.replace("us-east-1", "eu-west-1")}), "web.cloudfront.certificate_arn: expected a certificate in us-east-1 of account 123456789012, for CloudFront takes no other, got one in eu-west-1 of 123456789012"),
        (put("web/cloudfront", {"certificate_arn": EDGE, "web_acl_arn": "arn:aws:wafv2:us-east-1:210987654321:global/webacl/x/1"}), "web.cloudfront.web_acl_arn: expected a web ACL of account 123456789012, got one of 210987654321"),
        (put("attachments/buckets", ["s3://invoices"]), "attachments.buckets[0]: expected the name of an S3 bucket (no ARN, no 's3://'), got 's3://invoices'"),
        (put("attachments/max_bytes", 40_000_000), "attachments.max_bytes: expected a whole number from 1 to 25000000, got 40000000"),
        (put("attachments/keep_days", 21), "attachments.keep_days: expected a whole number from 22 to 365, got 21"),
        (put("alarms/email", "platform"), f"alarms.email: {ADDRESS}, got 'platform' (An email address must have an @-sign)"),
        (put("alarms/runbooks", "http://git.company.example"), "alarms.runbooks: expected a folder of the repository, or an https:// address without query, got 'http://git.company.example'"),
        (put("alarms/runbooks", "https://x.example/a b"), "alarms.runbooks: expected a folder of the repository, or an https:// address without query, got 'https://x.example/a b'"),
        (put("retention/messages_days", 27), "retention.messages_days: expected a whole number from 28 to 3650, got 27"),
        (put("retention/logs_days", 31), "retention.logs_days: expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731, got 31"),
        (put("timing/attempts_max", True), "timing.attempts_max: expected a whole number from 1 to 100, got true"),
        (put("timing/lease_seconds", "120"), "timing.lease_seconds: expected a whole number from 3 to 43200, got '120'"),
        (put("governor/transactional_share", 0.0), "governor.transactional_share: expected a number from 0.05 to 0.95, got 0.0"),
        (put("governor/transactional_share", 1), "governor.transactional_share: expected a number from 0.05 to 0.95, got 1"),
        (put("recipients/allow", []), f"recipients.allow: expected a list, at least one, each {PATTERN[9:]}, got an empty list"),
        (put("recipients/allow", ["shop.example"]), f"recipients.allow[0]: {PATTERN}, got 'shop.example'"),
        (put("recipients/allow", ["*@*"]), f"recipients.allow[0]: {PATTERN}, got '*@*'"),
        (put("recipients/allow", ["[a]@shop.example"]), f"recipients.allow[0]: {PATTERN}, got '[a]@shop.example'"),
        (put("streams/marketing/kind", "bulk"), "streams.marketing.kind: expected 'transactional' or 'marketing', got 'bulk'"),
        (put("streams/marketing/from", "ñews@shop.example"), f"streams.marketing.from: {ADDRESS}, got 'ñews@shop.example' (Internationalized characters before the @-sign are not supported: 'ñ')"),
        (put("streams/marketing/from_name", "Shop\r\nBcc: x"), "streams.marketing.from_name: expected a name on one line, got 'Shop\\r\\nBcc: x'"),
        (put("streams/marketing/from_name", "店" * 100), "streams.marketing.from_name: too long: SES takes 320 characters, with the address and encoded (RFC 2047)"),
        (put("streams/marketing/longest_delivery_seconds", 60), "streams.marketing.longest_delivery_seconds: expected a whole number from 300 to 50400, got 60"),
        (put("streams/marketing/publishes", ["opened"]), "streams.marketing.publishes[0]: expected 'scheduled'"),
        # Unknown keys.
        (put("acount_share", 1), "acount_share: unknown key; did you mean 'account_share'?"),
        (put("streams/marketing/form", "x"), "streams.marketing.form: unknown key; did you mean 'from'?"),
        (put("aws/encryption", "aws-owned"), "aws.encryption: unknown key here; it belongs at the top of the file, before the first [table]"),
        (put("retention/lease_seconds", 1), "retention.lease_seconds: unknown key here; it belongs under [timing]"),
        (put("alarms/phone", "1"), "alarms.phone: unknown key; expected one of email, runbooks, dashboard"),
        (put("stage", "prod"), "stage: unknown key; the stage is the file's name"),
        # Values of one section beside each other.
        (put("domains/1/mail_from", "mail"), 'domains[1].mail_from: only with identity = "create": an existing identity keeps its MAIL FROM domain'),
        (put("domains/1/dmarc_policy", "reject"), 'domains[1].dmarc_policy: only with dmarc = "create": an external record says this itself'),
        (put("streams/marketing/from", "news@company.example"), "streams.marketing.from: expected an address of the stream's domain 'shop.example', got 'news@company.example'"),
        (put("streams/marketing/unsubscribable", False), "streams.marketing.unsubscribable: marketing mail can always be unsubscribed: expected true, or no such key"),
        (put("streams/transactional/open_tracking", True), "streams.transactional.open_tracking: tracking needs its own HTTPS domain: expected false, or a tracking_domain beside it"),
        (put("streams/transactional/click_tracking", True), "streams.transactional.click_tracking: tracking needs its own HTTPS domain: expected false, or a tracking_domain beside it"),
        (put("streams/transactional/unsubscribe_mailbox", "leave@shop.example"), "streams.transactional.unsubscribe_mailbox: only on a stream that can be unsubscribed: delete it, or set unsubscribable"),
        (put("streams/marketing/unsubscribe_mailbox", "leave"), f"streams.marketing.unsubscribe_mailbox: {ADDRESS}, got 'leave' (An email address must have an @-sign)"),
        (put("streams/marketing/publishes", ["claimed"]), "streams.marketing.publishes: 'claimed' is no result: expected some of scheduled"),
        (put("streams/marketing/publishes", ["sent", "sent"]), "streams.marketing.publishes: expected each status once"),
        (put("streams/marketing", {**MARKETING, "batch_size": 11, "batching_window_seconds": 0}), "streams.marketing.batching_window_seconds: expected at least 1, for batch_size is over 10 (Lambda's rule), got 0"),
        (put("timing/feedback_batching_window_seconds", 0), "timing.feedback_batching_window_seconds: expected at least 1, for feedback_batch_size is over 10 (Lambda's rule), got 0"),
        (drop("web/hosted_zone_id"), "web.hosted_zone_id: missing; expected a hosted_zone_id to make the certificate in, or a certificate_arn"),
        (put("recipients/allow", ["*", "*@shop.example"]), "recipients.allow: '*' allows everybody: expected it alone, or the other patterns without it"),
        (put("recipients/otherwise", "redirect"), 'recipients.redirect_to: missing; expected an e-mail address, for otherwise = "redirect"'),
        (put("recipients/redirect_to", "a@shop.example"), 'recipients.redirect_to: only with otherwise = "redirect"'),
        (put("retention/dead_letter_days", 3), "retention.dead_letter_days: expected at least queue_days (14), got 3"),
        (put("retention/bodies_days", 91), "retention.bodies_days: expected at most messages_days (90), got 91"),
        (put("timing/lease_seconds", 60), "timing.lease_seconds: expected more than send_timeout_seconds (60), got 60"),
        (put("timing/ses_read_timeout_seconds", 58), "timing.ses_read_timeout_seconds: with ses_connect_timeout_seconds (2) expected send_timeout_seconds to be 68 at least, or less here"),
        (put("timing/ses_read_timeout_seconds", 50.5), "timing.ses_read_timeout_seconds: with ses_connect_timeout_seconds (2) expected send_timeout_seconds to be 61 at least, or less here"),
        (put("timing/send_timeout_seconds", 13), "timing.ses_read_timeout_seconds: with ses_connect_timeout_seconds (2) expected send_timeout_seconds to be 20 at least, or less here"),
        (put("timing/send_timeout_seconds", 200), "timing.lease_seconds: expected more than send_timeout_seconds (200), got 120"),
        (put("governor", {"quota_reserve": 1.0}), "governor.quota_reserve: expected less than 1, for then 'marketing', which is not transactional, never sends, got 1"),
        (put("timing/evidence_seconds", 12), "timing.evidence_seconds: expected more than ses_connect_timeout_seconds and ses_read_timeout_seconds together (12), for so long SES's answer may still come, got 12"),
        (put("timing/events_batch_size", 11), "timing.events_batching_window_seconds: expected at least 1, for events_batch_size is over 10 (Lambda's rule), got 0"),
        (put("timing/dispatch_timeout_seconds", 60), "timing.dispatch_timeout_seconds: expected a whole number from 5 to 59, got 60"),
        (put("timing/canary_minutes", 30), "timing.canary_minutes: expected a whole number from 1 to 25, got 30"),
        (put("streams/marketing/evidence", "slow"), "streams.marketing.evidence: expected 'fast' or 'bulk', got 'slow'"),
        (put("streams/marketing/unknown_outcome", "resend"), "streams.marketing.unknown_outcome: expected 'evidence' or 'hold', got 'resend'"),
        # Sections beside each other.
        (put("timing/evidence_after_crash_seconds", 299), "timing.evidence_after_crash_seconds: expected at least 300, for a frozen function may still hold a signed request, and AWS takes one that long after its date, got 299"),
        (put("aws/account", "000000000000"), "aws.account: expected an account of AWS, got the emulated one, '000000000000'"),
        (put("domains/1/name", "Shop.Example"), "domains[1].name: expected each domain once, got 'shop.example' again"),
        (put("domains/1", {"name": "eu.shop.example"}), "domains[1].dmarc: expected 'external', for the record made for 'shop.example' holds for this domain too"),
        (put("domains/1/name", "bounce.shop.example"), "domains[0].mail_from: expected a label that makes a domain of its own, got 'bounce': SES wants a MAIL FROM domain that is used for nothing else, and 'bounce.shop.example' sends mail"),
        (put("streams/a-b", {**VALID["streams"]["transactional"], "domain": "shop.exmple", "from": "a@shop.exmple"}), "streams.a-b.domain: 'shop.exmple' is none of the [[domains]]; did you mean 'shop.example'?"),
        (put("streams/market-ing", VALID["streams"]["transactional"]), "streams.market-ing: expected a name that differs from 'marketing' in more than hyphens"),
        (put("streams/feedback", VALID["streams"]["transactional"]), "streams.feedback: 'feedback' is the name of a part of Postroad's own: choose another"),
        (put("streams/outcomes", VALID["streams"]["transactional"]), "streams.outcomes: 'outcomes' is the name of a part of Postroad's own: choose another"),
        (put("streams/dispatch", VALID["streams"]["transactional"]), "streams.dispatch: 'dispatch' is the name of a part of Postroad's own: choose another"),
        (put("streams/events", VALID["streams"]["transactional"]), "streams.events: 'events' is the name of a part of Postroad's own: choose another"),
        (put("streams", {f"{letter}-stream": VALID["streams"]["transactional"] for letter in "abcdefghijklmno"} | {"transactional": VALID["streams"]["transactional"]}), "streams: expected at most 13, for CloudFormation takes 500 resources in a stack, got 16; put the others on a stage of their own"),
        (put("streams/account", VALID["streams"]["transactional"]), "streams.account: 'account' is the name of a part of Postroad's own: choose another"),
        (put("streams/marketing-dead-letters", VALID["streams"]["transactional"]), "streams.marketing-dead-letters: expected a name that no stream's dead letters can have, got 'marketing-dead-letters'"),
        (put("streams/marketing-dead-letter", VALID["streams"]["transactional"]), "streams.marketing-dead-letter: expected a name that no stream's dead letters can have, got 'marketing-dead-letter'"),
        (put("streams/Receipts", VALID["streams"]["transactional"]), f"streams.Receipts: {STREAM}, got 'Receipts'"),
        (put("streams/marketing/tracking_domain", "track.example"), "streams.marketing.tracking_domain: expected one of the [[domains]] or a domain below one, got 'track.example'"),
        (put("streams/marketing/tracking_domain", "mail.shop.example"), "streams.marketing.tracking_domain: expected a domain of its own, got that of [web], 'mail.shop.example'"),
        (put("web/confirmation_stream", "transactinal"), "web.confirmation_stream: 'transactinal' is no stream; did you mean 'transactional'?"),
        (put("web/confirmation_stream", "marketing"), "web.confirmation_stream: expected a transactional stream that can't be unsubscribed, got 'marketing'"),
        (drop("web"), "web: missing; expected a table [web] with domain and certificate_arn or hosted_zone_id, for mail of 'marketing' can be unsubscribed and must lead to a page"),
        (put("web/domain", "bounce.shop.example"), "web.domain: expected a domain of its own, got the MAIL FROM of 'shop.example'"),
        (put("web/certificate_arn", "arn:aws:acm:us-east-1:123456789012:certificate/0d1f"), "web.certificate_arn: expected a certificate in eu-west-1 of account 123456789012, got one in us-east-1 of 123456789012"),
        (put("producers/0/streams", ["marketin"]), "producers[0].streams[0]: 'marketin' is no stream; did you mean 'marketing'?"),
        (put("producers/0/account", "123456789012"), "producers[0].account: expected another account"),
        (put("producers", VALID["producers"] * 2), "producers[1].account: expected each account once, got '210987654321' again"),
    ],
)  # fmt: skip
def test_a_problem_says_where_it_is_and_what_was_expected(change: Change, problem: str) -> None:
    found = problems(change)

    assert len(found) == 1, found
    assert found[0].startswith(problem)


def test_only_the_local_stage_decides_a_crash_sooner_than_a_signed_request_ends() -> None:
    assert load("local").timing.evidence_after_crash_seconds < 300


def test_evidence_comes_fast_where_somebody_waits_for_the_mail() -> None:
    streams = check(VALID, stage="prod", file="f").streams

    assert {name: stream.evidence for name, stream in streams.items()} == {
        "transactional": "fast",
        "marketing": "bulk",
    }
    assert {stream.unknown_outcome for stream in streams.values()} == {"evidence"}


def test_all_problems_are_named_at_once_in_the_order_of_the_file() -> None:
    """A broken value, also one that names others, hides no problem elsewhere and makes none."""
    found = problems(
        put("aws/account", "<account>"),
        put("domains/0/hosted_zone_id", "zone"),
        put("streams/transactional/threads", 0),
        put("streams/transactional/domain", "shop.exmple"),
        put("streams/marketing", {"kind": "bulk"}),
        put("recipients/otherwise", "redirect"),
        put("producers/0/streams", ["news"]),
        put("timing", {"send_timeout_seconds": 0, "lease_seconds": 1, "logs_days": 5}),
        put("bulk", {}),
    )

    assert [problem.split(": ")[0] for problem in found] == [
        "aws.account",
        "domains[0].hosted_zone_id",
        "streams.transactional.domain",
        "streams.transactional.from",
        "streams.transactional.threads",
        "streams.marketing.kind",
        "streams.marketing.domain",
        "streams.marketing.from",
        "recipients.redirect_to",
        "producers[0].streams[0]",
        "timing.send_timeout_seconds",
        "timing.lease_seconds",
        "timing.logs_days",
        "bulk",
    ]


def test_with_two_streams_that_could_mail_sign_ups_one_is_named() -> None:
    alerts = {"kind": "transactional", "domain": "shop.example", "from": "alerts@shop.example"}
    (problem,) = problems(put("streams/alerts", alerts), drop("web/confirmation_stream"))
    assert problem.startswith("web.confirmation_stream: missing; expected the stream that mails whoever ")
    assert problem.endswith(": transactional, alerts")


def test_the_local_stage_needs_no_web_and_never_reaches_aws() -> None:
    assert problems(drop("web"), stage="local") == [
        "aws.account: the stage 'local' never reaches AWS: expected '000000000000', got '123456789012'"
    ]


def test_every_region_of_aws_is_known() -> None:
    for region in (
        "eu-west-1",
        "us-east-1",
        "ap-southeast-7",
        "us-gov-west-1",
        "cn-north-1",
        "eusc-de-east-1",
    ):
        content = copy.deepcopy(VALID)
        put("aws/region", region)(content)
        assert check(content, stage="prod", file="f").aws.region == region


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("docs/runbooks", "docs/runbooks"),
        ("https://git.company.example/postroad/blob/main/docs/runbooks/",
         "https://git.company.example/postroad/blob/main/docs/runbooks"),
    ],
)  # fmt: skip
def test_runbooks_are_a_folder_or_an_address(written: str, kept: str) -> None:
    content = copy.deepcopy(VALID)
    put("alarms/runbooks", written)(content)
    assert check(content, stage="prod", file="f").alarms.runbooks == kept


def test_domains_and_addresses_are_kept_as_dns_knows_them() -> None:
    content = copy.deepcopy(VALID)
    put("domains/0/name", "Bücher.Example")(content)
    for name in ("transactional", "marketing"):
        put(f"streams/{name}/domain", "bücher.example")(content)
        put(f"streams/{name}/from", "Ana@BÜCHER.example")(content)
    put("recipients/allow", ["Some.*@BÜCHER.example"])(content)

    configuration = check(content, stage="prod", file="f")

    assert configuration.domains[0].name == "xn--bcher-kva.example"
    assert configuration.streams["marketing"].from_address == "Ana@xn--bcher-kva.example"
    assert configuration.recipients.allow == ("some.*@xn--bcher-kva.example",)


def sized(**keys: int) -> Change:
    def change(content: Content) -> None:
        content["aws"] = copy.deepcopy(RATED)
        content["streams"]["marketing"].update(keys)

    return change


def test_a_batch_that_can_not_be_sent_in_its_run_is_refused() -> None:
    assert problems(sized(batch_size=118)) == [
        "streams.marketing.batch_size: expected at most 117, got 118: 2 copies × 118 messages, at the stream's 7.84 mails a second while all are busy, take 30.1 seconds, and a run has 30"
    ]


def test_more_copies_than_the_rate_has_mails_for_are_refused() -> None:
    (problem,) = problems(sized(maximum_concurrency=500))

    assert problem.startswith("streams.marketing.maximum_concurrency: expected less, got 500: 500 copies × 1")


def test_what_the_rate_has_room_for_is_taken() -> None:
    for keys in (
        {"batch_size": 117},
        {"maximum_concurrency": 10},
        {"maximum_concurrency": 10, "batch_size": 23},
    ):
        content = copy.deepcopy(VALID)
        sized(**keys)(content)

        assert check(content, stage="prod", file="f").streams["marketing"].wanted is not None


def test_sizes_are_not_judged_where_the_rate_is_unknown() -> None:
    content = copy.deepcopy(VALID)
    content["streams"]["marketing"]["batch_size"] = 1000

    assert check(content, stage="prod", file="f").sizing()["marketing"].batch_size == 1000
