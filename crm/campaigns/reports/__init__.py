"""What campaigns brought: results by arm, the marketing dashboard and its reports."""
