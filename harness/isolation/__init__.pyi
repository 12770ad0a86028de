from .baseline import changed_settings as changed_settings, look_ahead as look_ahead, protect as protect
from .installed import BUILT_IN as BUILT_IN, PACKAGE as PACKAGE, is_installed as is_installed
from .memory import Growth as Growth
from .pytorch import limit_pytorch as limit_pytorch, load_triton_first as load_triton_first, seed_pytorch as seed_pytorch
