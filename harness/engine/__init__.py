"""An epoch as one compiled program, with the meaning of `fit`; and `fit` itself for what cannot be compiled."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
