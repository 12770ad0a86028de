"""One trial, start to finish, in the process that trains: from its settings to its record."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
