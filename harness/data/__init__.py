"""A dataset's name → verified arrays: where datasets come from, the files they lie in, and the cache that processes share."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
