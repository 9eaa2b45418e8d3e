"""An episode: what follows when a person engages, stage by stage, until it ends or is ended."""
