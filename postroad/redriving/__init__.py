"""An operator sends again what ended `invalid`, `failed` or `held`, or was given up by SQS."""
