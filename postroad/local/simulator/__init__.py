"""SES on one machine: takes and keeps mail, says what became of it, and misbehaves on request.

`core.Simulator` is the whole of it without I/O. It is used twice: behind HTTP, in front of MiniStack's SES
(`python -m postroad.local.simulator`), and behind botocore's hooks (`hooks.attach`) in tests beside moto.
"""
