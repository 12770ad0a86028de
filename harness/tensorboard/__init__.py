"""Everything written for TensorBoard, and serving it."""
