"""The shop's views, by the audience that they declare."""
