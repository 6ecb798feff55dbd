"""What two states of a site differ in: who gains access to what, and who loses it."""
