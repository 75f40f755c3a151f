"""Exact comparisons of prices in basis points, without division."""

ONE_IN_BPS = 10_000


def direction(price: int, numerator: int, denominator: int, threshold_bps: int) -> int:
    """Return +1, -1 or 0: whether `price` stands `threshold_bps` above or below a reference.

    The reference is numerator / denominator (denominator positive); the threshold itself counts.
    Cross-multiplied, hence exact. For a whole threshold this equals comparing the distance in basis
    points truncated toward zero, because truncation never carries a value over a whole number.
    A reference that is not positive has no meaningful distance and gives 0.
    """
    if numerator <= 0:
        return 0
    scaled = price * denominator * ONE_IN_BPS
    if scaled >= numerator * (ONE_IN_BPS + threshold_bps):
        return 1
    if scaled <= numerator * (ONE_IN_BPS - threshold_bps):
        return -1
    return 0


def breakout(price: int, prior: tuple[int, ...], threshold_bps: int) -> int:
    """Return +1 above the highest prior price, -1 below the lowest, else 0; touching is not breaking.

    With a positive threshold the price has to clear the level by that many basis points.
    """
    if not prior or min(prior) <= 0:
        return 0
    if price * ONE_IN_BPS > max(prior) * (ONE_IN_BPS + threshold_bps):
        return 1
    if price * ONE_IN_BPS < min(prior) * (ONE_IN_BPS - threshold_bps):
        return -1
    return 0
