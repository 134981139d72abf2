"""Whether letters of one colour can be read on another: contrast as WCAG 2.2 defines it."""

LEAST = 4.5
"""The ratio that text of any size needs (WCAG 2.2, success criterion 1.4.3)."""

# Below this a channel is linear.
_DARK = 0.04045


def contrast(front: str, back: str) -> float:
    """Return the ratio of two colours given as #rrggbb: 1.0 (the same) to 21.0 (black on white)."""
    darker, lighter = sorted((_luminance(front), _luminance(back)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    # WCAG 2.2, "relative luminance".
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= _DARK else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
