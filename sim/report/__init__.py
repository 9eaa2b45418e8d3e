"""Pictures of finished runs, and one HTML file that holds them all."""
