"""A sweep of your own: corpora drawn from laws whose exponent is known, and what a fit makes of them.

    python examples/sweep_of_your_own.py

The same from a file: python -m simulate sweep --config examples/sweep.toml
"""

from __future__ import annotations

import bounds
import simulate

SOURCES = ["zipf:1.724", "zipf:1.724,shift=100", "pitman-yor:0.58,concentration=10"]


def main() -> None:
    """Draw, fit, compare with what was planted."""
    dataset = simulate.sweep(sources=SOURCES, n_draws="1e3:1e5:13", replicates=16, seed=0)
    fits = bounds.fit_exponent(dataset)
    print(f"{dataset.sizes['replicate']} corpora of each source, up to {int(dataset.n_draws[-1]):,} draws:")
    for source, fit in fits.items():
        planted = float(dataset.exponent_planted.sel(source=source))
        if fit.interval is None:
            print(f"  {source}: no interval, planted {planted:.3f}")
            continue
        held = "holds" if planted in fit.interval else "misses"
        ends = f"[{fit.interval.lower:.3f}, {fit.interval.upper:.3f}]"
        print(f"  {source}: {fit.exponent:.3f} {ends} {held} the planted {planted:.3f}")

    band = bounds.exponent_band(0.28)
    inside = sum(band.lower <= exponent <= band.upper for exponent in fits.exponent)
    ends = f"[{band.lower:.2f}, {band.upper:.2f}]"
    print(f"{inside} of {len(fits)} lie in {ends}, the band of a loss that falls as D^-0.28.")


if __name__ == "__main__":
    main()
