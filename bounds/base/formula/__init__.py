"""Statements of the theory: formulas with label, assumption and source, over letters with units."""

from __future__ import annotations

from bounds.base.formula.letters import LETTERS, Letter, symbols
from bounds.base.formula.statement import IID, OWN, PAPER_VERSIONS, PITMAN, Formula, Worked

__all__ = ["IID", "LETTERS", "OWN", "PAPER_VERSIONS", "PITMAN", "Formula", "Letter", "Worked", "symbols"]
