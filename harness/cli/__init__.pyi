from .app import main as main
from .terminal.summary import make_console as make_console
