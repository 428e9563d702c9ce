"""Tables of cases, equipment and visits."""
