"""A mapping in the other direction: which columns of which tables make a file, and how they are written. Pure."""
