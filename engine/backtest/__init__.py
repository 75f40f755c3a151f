"""History judged again: what was decided, under rules that were not in force then."""
