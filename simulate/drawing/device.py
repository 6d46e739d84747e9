"""Which device draws: what was asked for, or what there is."""

from __future__ import annotations

from simulate.drawing.backends import get_backend
from simulate.running.job import Choice
from simulate.running.parameters import DEVICE


def choose_device(wanted: str) -> Choice:
    """cpu or gpu, and why; ValueError with one sentence where a GPU was asked for and there is none."""
    if DEVICE(wanted) == "cpu":
        return Choice("cpu", "asked for")
    try:
        get_backend("gpu")
    except (ValueError, RuntimeError, ImportError, OSError) as error:
        why = " ".join(str(error).split()).rstrip(".")
        if wanted == "gpu":
            raise ValueError(f"device gpu cannot be used here: {why}") from None
        return Choice("cpu", f"no GPU can be used here: {why}")
    return Choice("gpu", "asked for" if wanted == "gpu" else "a GPU is there, and counts are the same")


def device_for_tokens(wanted: str, why_not: str = "") -> Choice:
    """Where draws of one kind are made, and why; `why_not` is what keeps them from a GPU, empty where nothing does."""
    chosen = choose_device(wanted)
    if why_not and wanted == "gpu":
        raise ValueError(f"{why_not}; pass --device cpu or auto")
    return Choice("cpu", why_not) if why_not and wanted == "auto" else chosen
