"""Two databases that become equal at every round, both ways."""
