"""What accelerators compute at most: dense FLOP/s of matrix products by precision, as their makers print them.

Numbers that hold for structured sparsity, which data sheets print beside these or instead of them, are twice as large
and of no use in training: where a sheet prints only those, half of them stands here. Loads nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.base.arguments import Known, unknown
from bounds.base.telling.html import html_fields

PRECISIONS = ("bf16", "fp8")
"""Precisions of the products: of 16 bits (BF16; FP16 has the same peak on all of these) and of 8."""


@dataclass(frozen=True)
class Accelerator:
    """A device by its peaks in FLOP/s; `peaks` has pairs of a precision and a number, `source` who printed them."""

    key: str
    name: str
    peaks: tuple[tuple[str, float], ...]
    source: str

    _repr_html_ = html_fields

    def peak(self, precision: str = "bf16") -> float:
        """Dense FLOP/s at `precision`; raises ValueError where the device has no such units."""
        known = dict(self.peaks)
        if precision not in known:
            raise unknown(f"precision of {self.name}", precision, known)
        return known[precision]


ACCELERATORS: dict[str, Accelerator] = Known("accelerator", {
    one.key: one
    for one in (
        Accelerator(
            "a100", "NVIDIA A100", (("bf16", 312e12),), "NVIDIA A100 Tensor Core GPU data sheet"
        ),
        Accelerator(
            "h100", "NVIDIA H100 SXM", (("bf16", 989.4e12), ("fp8", 1978.9e12)),
            "NVIDIA H100 Tensor Core GPU Architecture, white paper, table of peak rates, H100 SXM5",
        ),
        Accelerator(
            "h200", "NVIDIA H200 SXM", (("bf16", 989.5e12), ("fp8", 1979e12)),
            "NVIDIA H200 Tensor Core GPU data sheet, half of what it prints with sparsity",
        ),
        Accelerator(
            "b200", "NVIDIA B200", (("bf16", 2.25e15), ("fp8", 4.5e15)),
            "NVIDIA HGX B200 data sheet, an eighth of the board and half of what it prints with sparsity",
        ),
        Accelerator(
            "mi300x", "AMD Instinct MI300X", (("bf16", 1307.4e12), ("fp8", 2614.9e12)),
            "AMD Instinct MI300X Accelerator data sheet",
        ),
        Accelerator("tpu-v4", "Google TPU v4", (("bf16", 275e12),), "Jouppi et al. 2023, arXiv:2304.01433, table 4"),
        Accelerator("tpu-v5p", "Google TPU v5p", (("bf16", 459e12),), "Google Cloud documentation, TPU v5p, per chip"),
    )
})  # fmt: skip
"""Accelerators by key."""


def get_accelerator(gpu: str | Accelerator) -> Accelerator:
    """The accelerator called `gpu`, in any case; an `Accelerator` is returned as it is."""
    if isinstance(gpu, Accelerator):
        return gpu
    key = gpu.strip().lower() if isinstance(gpu, str) else gpu
    if not isinstance(key, str) or key not in ACCELERATORS:
        raise unknown("accelerator", gpu, ACCELERATORS)
    return ACCELERATORS[key]
