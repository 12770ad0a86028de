"""The course's nine questions: what each claims, and what the records of a study say of it."""
