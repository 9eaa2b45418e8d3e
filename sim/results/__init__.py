"""What a run leaves behind: tables, figures, the run's folder and its check."""
