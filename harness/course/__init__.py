"""The course's documented figures and its nine questions, held against the records of its studies."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
