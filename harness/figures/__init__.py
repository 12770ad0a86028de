"""What is drawn of a trained model, one small file a figure; imported by workers alone."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
