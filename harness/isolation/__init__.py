"""The state of a process that trains: held before its first job, and restored after each; what of it is the user's own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
