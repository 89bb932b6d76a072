"""What lines and numbers are made of: formulas with the run's own numbers put in, and the texts of `data/explanations.toml` around them.

A formula stands here where the number is an event's, and in `describe.py` where it is the plan's; both are rows of one kind. Loaded
when somebody asks. May be touched: the rest of the kind, the catalog, the physics, the story.
"""
