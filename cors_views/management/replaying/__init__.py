"""What the site would answer now to requests that a log has seen."""
