"""The commands on real texts: count one, compare two, learn from one."""
