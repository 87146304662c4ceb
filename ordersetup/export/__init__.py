"""The blueprint in the words of other tools, for a team that moves on to infrastructure as code."""
