"""Where trials run: a protocol, `executor_choice` for the kinds there are, and the local one with its worker processes."""
