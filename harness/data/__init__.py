"""A dataset's name → verified arrays: where datasets come from, the files they lie in, and the cache that processes share."""
