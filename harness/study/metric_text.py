"""How a measured value is written for a reader: a fraction with four decimals, any other with four significant digits."""

import math

DIGITS = 4
SPREAD_DIGITS = 2
SMALLEST, LARGEST = 1e-4, 1e12  # below and from here on a value is written with a power of ten
NOTHING = 1e-12  # below it a difference is but rounding


def format_metric(value: float, *, fraction: bool, signed: bool = False, digits: int = DIGITS) -> str:
    """Write a value of a metric.

    fraction: whether it is a share of samples, as an accuracy is. signed: with a plus, as a difference. digits: of a
    value that is no fraction.

    >>> written(0.97654, fraction=True), written(0.7123456, fraction=False), written(52345.6, fraction=False)
    ('0.9765', '0.7123', '52,346')
    >>> written(0.0123456, fraction=False, signed=True), written(0.0123456, fraction=False, digits=2)
    ('+0.01235', '0.012')
    """
    sign = "+z" if signed else "z"
    if LARGEST <= abs(value) < math.inf:
        return format(value, f"{sign}.{digits - 1}e")
    if fraction or not math.isfinite(value):
        return format(value, f"{sign}.{DIGITS}f")
    if value == 0 or (signed and abs(value) < NOTHING):
        return "0"
    if abs(value) < SMALLEST:
        return format(value, f"{sign}.{digits - 1}e")
    # The exponent of the rounded value: 0.99996 has one decimal less than 0.9999.
    exponent = int(format(value, f".{digits - 1}e").partition("e")[2])
    return format(value, f"{sign},.{max(0, digits - 1 - exponent)}f")
