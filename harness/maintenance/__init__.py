"""The health of a log folder: doctor, trials run again, the trash."""
