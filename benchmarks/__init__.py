"""What backs each number in the README: each module runs alone and prints one JSON line."""
