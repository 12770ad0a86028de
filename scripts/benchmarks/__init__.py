"""The parts of the benchmark: each module measures one thing; scripts/benchmark.py puts their figures together."""
