"""Questions: cell assignment and unchecked objects."""
