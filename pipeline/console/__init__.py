"""The console: the pages on which a person sets up, sees and decides."""
