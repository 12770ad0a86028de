"""Keeping house in a log folder: its health, its trash, its tables, trials run again."""
