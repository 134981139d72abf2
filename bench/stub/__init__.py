"""A stand-in for AWS that is fast, counts requests, and takes as long as it is told to.

One process, one thread, plain HTTP. It knows as much of SES, DynamoDB, SQS, S3, Secrets Manager, Lambda and
EventBridge as the functions ask for; whatever else is asked is answered with an error and counted as unknown,
so that nobody measures a product that runs into errors.
"""
