"""The parts of scripts/results.py: what of a study's records is published, and how."""
