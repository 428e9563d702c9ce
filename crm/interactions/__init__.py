"""One history of talks with everybody, and the tasks that follow from them."""
