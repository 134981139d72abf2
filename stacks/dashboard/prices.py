"""AWS's list prices, from which the dashboard estimates what a stage costs.

us-east-1, in US dollars, without free tiers, volume discounts and taxes. Other Regions cost more, as a rule
up to a third. From https://aws.amazon.com/ses/pricing/ and the pages of the other services beside it (lambda,
sqs, dynamodb, sns, eventbridge, amazon-data-firehose, cloudwatch). Change the date with the prices.
"""

AS_OF = "2026-11"
MILLION = 1_000_000
GIGABYTE = 1_000_000_000

# Plan Essentials, that of new accounts; without a plan ("à la carte") a thousand cost 0.10.
SES_MAIL = 0.16 / 1000
LAMBDA_RUN = 0.20 / MILLION
LAMBDA_GIBIBYTE_SECOND = 0.0000133334  # arm64
SQS_REQUEST = 0.40 / MILLION
DYNAMODB_WRITE = 0.625 / MILLION
DYNAMODB_READ = 0.125 / MILLION
SNS_PUBLISH = 0.50 / MILLION
EVENTBRIDGE_EVENT = 1.00 / MILLION
# 0.029 a gigabyte, each record rounded up to 5 KB: an event of SES is smaller.
FIREHOSE_RECORD = 0.029 * 5_000 / GIGABYTE
LOG_BYTE = 0.50 / GIGABYTE

# What stands still, by the month.
ALARM_METRIC = 0.10
"""For each metric that an alarm looks at: one with metric math looks at two."""
CUSTOM_METRIC = 0.30
DASHBOARD = 3.00
SECRET = 0.40
KEY = 1.00
