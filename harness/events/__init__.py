"""TensorBoard's files and server: event files, graphs, bands over seeds, and serving them."""
