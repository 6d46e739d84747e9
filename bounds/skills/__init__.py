"""When a skill is there: thresholds in size and in data, and how many skills."""
