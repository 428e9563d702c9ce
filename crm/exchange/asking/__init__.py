"""What people are asked before an import: which column is what."""
