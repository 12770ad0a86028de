"""What a study is: its settings, variants, families, expectations and metrics; loading one; the fingerprint of its sources."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
