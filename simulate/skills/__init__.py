"""Where skills emerge: groups of sequences with a quorum, simulated over corpora and stores of every size."""

from simulate.skills.job import measure, prepare, simulate_skills
from simulate.skills.plan import SkillPlan

__all__ = ["SkillPlan", "measure", "prepare", "simulate_skills"]
