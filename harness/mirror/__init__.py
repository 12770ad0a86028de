"""A log folder elsewhere, such as ``s3://bucket/logs``: a folder of this machine that is pulled, pushed and locked."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
