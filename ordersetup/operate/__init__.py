"""The running pipeline: what a person does with it once it stands."""
