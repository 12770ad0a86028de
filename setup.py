"""What setup.cfg cannot say: the studies of experiments/ are installed inside the package, as harness.experiments."""

from setuptools import find_packages, setup

STUDIES = "harness.experiments"

setup(packages=[*find_packages(include=["harness", "harness.*"]), STUDIES], package_dir={STUDIES: "experiments"})
