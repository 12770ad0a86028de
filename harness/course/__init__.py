"""The course's documented figures and its nine questions, held against the records of its studies."""
