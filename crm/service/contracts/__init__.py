"""Service contracts of units and organisations."""
