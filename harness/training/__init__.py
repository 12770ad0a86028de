"""One trial, start to finish, in the process that trains: from its settings to its record."""
