"""What a command line does for somebody at a terminal: completion of what is being typed, and how far work is."""
