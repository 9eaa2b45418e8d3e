"""The what-if page: sliders over a finished sweep, in one HTML file."""
