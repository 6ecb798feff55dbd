"""What ``cors_explain`` says of a refusal: what to write where, so that the page may read."""
