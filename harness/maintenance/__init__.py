"""The health of a log folder: doctor, trials run again, the trash."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
