"""The exchange edge against stub servers on loopback: every trap of pybit and of the wire is provoked for real."""
