"""An epoch as one compiled program: samples on the device, the loop, its reuse, and what falls back to model.fit."""
