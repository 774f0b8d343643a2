"""Reading files of states and images of one's own."""
