"""The page to draw on: trained models of a log folder answer side by side while one draws; in a process of its own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
