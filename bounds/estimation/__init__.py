"""The models and optimisers behind `bounds.fitting` and `bounds.law_fitting`; nothing here is public."""
