"""What the records show: comparisons with controls, verdicts, costs, documented figures."""
