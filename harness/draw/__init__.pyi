from .saved_models import load_ensembles as load_ensembles, saved_variants as saved_variants
from .server import serve as serve
