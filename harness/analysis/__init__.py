"""Records → evidence: statistics, comparisons with controls, verdicts, and the summary table."""
