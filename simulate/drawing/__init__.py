"""Random integers and what is drawn with them: streams, tables of a source, compiled loops, backends."""
