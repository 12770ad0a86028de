"""Settings → a model and its arrays: building, layer ablation, and the fingerprint of what a variant really changes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
