from .baseline import changed_settings as changed_settings, protect as protect
from .installed import BUILT_IN as BUILT_IN, PACKAGE as PACKAGE, is_installed as is_installed
from .memory import Growth as Growth
