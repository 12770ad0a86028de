"""The parts that samples are split into, by the names that arrays, metrics, event files and tables have them under."""

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
PREFIXES = tuple(f"{split}_" for split in SPLITS)  # of what is measured on each: train_loss
