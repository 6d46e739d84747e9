"""Where skills emerge: groups of sequences with a quorum, simulated over corpora and stores of every size.

`simulate.studies.skills.plan` says what is simulated, `job` does it, `rows` and `report` tell of it, `figure` draws
it. Loads nothing by itself, so that a command line can refuse a plan at once.
"""
