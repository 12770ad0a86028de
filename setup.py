"""What setup.cfg cannot say: a wheel holds the studies of experiments/ inside the package, as harness.experiments.

An editable installation leaves them where they are, where harness.study finds them. A `package_dir` in setup.cfg would
make it go through an import hook, and then any folder named `harness` in the working folder would hide the package.
"""

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithStudies(build_py):
    """Copies the package, and the built-in studies into it."""

    def finalize_options(self) -> None:
        """Add the studies to the packages to copy."""
        super().finalize_options()
        if not self.editable_mode:
            self.packages = [*self.packages, "harness.experiments"]
            self.package_dir = {**self.package_dir, "harness.experiments": "experiments"}


setup(cmdclass={"build_py": BuildWithStudies})
