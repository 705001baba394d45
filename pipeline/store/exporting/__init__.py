"""The store's side of exports: a consistent look at the tables, and what is remembered of what was written."""
