"""A study's documented figures and questions, read from the files beside it and held against its records."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
