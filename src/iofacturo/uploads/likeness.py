"""How alike two pictures look, by their perceptual hashes.

Halving a picture moves its hash by 0 bits, saving it again by 0 to 2, a small crop by about 2 to 8;
pictures that have nothing to do with each other differ in about 32 of 64. Receipts of one bank
share a design and may lie close together: nearness is a reason to look, never one to refuse.
"""

NEAR = 8  # bits


def distance(one: str, other: str) -> int:
    """In how many of 64 bits the two hashes (16 hex digits) differ.

    >>> distance("ff00000000000000", "fe00000000000001")
    2
    """
    return (int(one, 16) ^ int(other, 16)).bit_count()


def within_one_bit(phash: str) -> list[str]:
    """*phash* and the 64 that differ from it in one bit.

    >>> {distance("ff00000000000000", one) for one in within_one_bit("ff00000000000000")}
    {0, 1}
    """
    number = int(phash, 16)
    return [f"{number ^ mask:016x}" for mask in (0, *(1 << bit for bit in range(64)))]


def near(one: str, other: str) -> bool:
    """Whether the pictures look alike enough to be shown side by side."""
    return distance(one, other) <= NEAR
