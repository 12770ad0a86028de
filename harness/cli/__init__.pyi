from .app import main as main
from .python_api import run as run
from .terminal.summary import make_console as make_console
