"""What a file may hold, one format a module: readers give pieces of text or of token ids, and ends of documents."""
