"""What a trial left, on disk: records and their folders, atomic, checksummed, locked, and never outside a log folder."""
