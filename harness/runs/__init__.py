"""A run: what is to be trained, whether each variant changes something, and its trials carried out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
