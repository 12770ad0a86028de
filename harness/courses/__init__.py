"""How one trial is trained, by the kind of its model: what is known of it on the way, networks, estimators."""
