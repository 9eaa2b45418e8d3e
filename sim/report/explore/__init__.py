"""The what-if page: sliders over a finished sweep, in one HTML file.

``page`` writes it, ``texts`` has the words for levers and outcomes, ``data`` what the page's script evaluates.
"""
