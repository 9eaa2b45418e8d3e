"""Questions in words: a filled policy for what can be asked, the nearest that can for what cannot."""
