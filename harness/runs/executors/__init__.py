"""Where trials run: a small protocol, and one module for each kind of place."""
