"""What Lambda runs: one bundle of our own code for each function, and one layer of third-party code."""

from stacks.bundling.bundle import NOTHING_ELSE, build_bundle, handler_of
from stacks.bundling.layer import LayerError, build_layer
from stacks.bundling.target import HOST, LAMBDA, Target

__all__ = [
    "HOST",
    "LAMBDA",
    "NOTHING_ELSE",
    "LayerError",
    "Target",
    "build_bundle",
    "build_layer",
    "handler_of",
]
