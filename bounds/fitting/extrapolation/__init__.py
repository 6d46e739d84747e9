"""What more draws would bring: coverage now, and expected distinct types at t times the draws, by several methods."""
