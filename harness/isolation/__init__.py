"""The state of a process that trains: held before its first job, and restored after each."""

from harness.isolation.baseline import changed_settings, protect
from harness.isolation.memory import Growth

__all__ = ["Growth", "changed_settings", "protect"]
