"""Trials as tasks of a Slurm array job, by submitit: `executor` submits and listens, `task` pulls, both share the `queue`."""
