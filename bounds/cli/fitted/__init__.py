"""The command `fit`: runs and budgets that were asked for, what the fitted law says of them, and the published laws."""
