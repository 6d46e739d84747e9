"""Losses in nats, bits and bits per byte: what each is in nats per token, the unit of everything else here.

A loss of x bits per byte is x · (bytes per token) · ln 2 nats per token; that of a tokenizer whose tokens have four
bytes, .8 bits per byte, is 2.2 nats per token. Without the bytes per token there is no way from the one to the other.
"""

from __future__ import annotations

import math
from typing import Any

from bounds.base.arguments import did_you_mean
from bounds.base.one_number import shown
from bounds.base.pointwise import positive, single

LOSS_UNITS = {
    "nats": ("nats", "nat", "nats/token", "nats per token"),
    "bits": ("bits", "bit", "bits/token", "bits per token"),
    "bits-per-byte": ("bits-per-byte", "bpb", "bits/byte", "bits per byte", "bits_per_byte", "loss_bpb", "val_bpb"),
}
"""Units of a loss, each with the ways in which headers write it, in lower case."""


def loss_unit_named(text: str) -> str:
    """The unit that `text` writes in one of its ways; empty where it is none."""
    return next((unit for unit, ways in LOSS_UNITS.items() if text.strip().lower() in ways), "")


def nats_per_token(loss_unit: str, bytes_per_token: float | None = None) -> float:
    """What a loss in `loss_unit` is multiplied by to be in nats per token: 1, ln 2, or bytes per token times ln 2.

    Raises ValueError for an unknown unit, for bits per byte without `bytes_per_token` and for the other units with it.
    """
    if not isinstance(loss_unit, str) or loss_unit not in LOSS_UNITS:
        hint = did_you_mean(loss_unit, LOSS_UNITS)
        raise ValueError(f"loss_unit must be one of {', '.join(LOSS_UNITS)}, got {shown(loss_unit)}{hint}")
    if loss_unit != "bits-per-byte":
        if bytes_per_token is not None:
            raise ValueError(
                f"bytes_per_token is for losses in bits per byte, and these are in {loss_unit}; leave it out"
            )
        return 1.0 if loss_unit == "nats" else math.log(2)
    if bytes_per_token is None:
        raise ValueError(
            "bytes_per_token is missing: a loss in bits per byte is in nats per token only once it is known how many "
            "bytes a token has on average, such as 4.2"
        )
    return single("bytes_per_token", positive("bytes_per_token", bytes_per_token)) * math.log(2)


def unit_text(loss_unit: str, bytes_per_token: Any = None) -> str:
    """How losses in `loss_unit` were read, in words."""
    if loss_unit == "nats":
        return "nats per token"
    if loss_unit == "bits":
        return "nats per token (losses read in bits per token)"
    return f"nats per token (losses read in bits per byte, {float(bytes_per_token):g} bytes a token)"
