"""Nothing lost: checkpoints, resuming, locks, interruptions, and a place of last resort."""
