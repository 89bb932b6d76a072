"""The scenes of a run: bring-up, training, closing. Each yields its events in time order."""
