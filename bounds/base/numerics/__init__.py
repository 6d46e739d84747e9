"""Numerical methods that know nothing of the subject: roots, and functions without cancellation."""
