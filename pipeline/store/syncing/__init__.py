"""What synchronisation asks of a database."""
