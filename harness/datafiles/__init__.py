"""Where datasets come from: what they must be, the files they lie in, downloads, and the cache workers share."""
