"""The whole of Postroad on one machine: emulated cloud, SES simulator with its inbox, and the demo.

Nothing is imported here: the command line's help and completion need none of what the parts bring along.
"""
