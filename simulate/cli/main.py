"""Flags -> plan -> study -> report, file, figure. Each command is a module of its own.

Help and argument errors are answered before any heavy package is loaded; results go to standard output and to files,
progress to standard error.
"""

from __future__ import annotations

from bounds.cli.shared import command_group
from simulate.cli.compare import compare
from simulate.cli.corpus import corpus
from simulate.cli.example import example
from simulate.cli.learners import learners
from simulate.cli.results import fit, show
from simulate.cli.skills import skills
from simulate.cli.suite import batch, suite
from simulate.cli.sweep import sweep

main = command_group("What happens when you draw: simulated and real corpora, measured beside the bounds.")
for command in (sweep, corpus, compare, learners, skills, suite, batch, fit, show, example):
    main.add_command(command)
