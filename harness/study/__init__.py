"""What a study is: its settings, variants, families, expectations and metrics; loading one; the fingerprint of its sources."""
