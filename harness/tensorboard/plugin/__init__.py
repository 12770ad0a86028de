"""The Ablations tab: installed with the package, so that any TensorBoard of the environment shows it where records are."""
