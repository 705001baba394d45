"""Who may come in by the HTTP door, and what each of them changed."""
