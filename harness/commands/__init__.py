"""What each command does, one file a command; imported only when that command is given."""
