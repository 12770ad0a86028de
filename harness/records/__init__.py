"""What a trial left, on disk: records and their folders, atomic, checksummed, locked, and never outside a log folder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
