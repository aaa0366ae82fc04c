"""The seeded defects, by the part of the bot they are in."""
