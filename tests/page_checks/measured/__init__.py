"""Pages whose numbers were measured: of texts, of made corpora and curves, of other people's runs."""
