"""Growth curves of many sources: what is drawn, at what cost, the fits and what is shown."""
