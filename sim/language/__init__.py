"""Languages in which people are answered: texts, numbers and dates, in English unless another one is spoken.

A text is written in English where it is said, as ``said("{share} of them paid", share=percent(0.2))``, and the
catalogues of other languages (``catalogues/*.po``, GNU gettext) give its translation. Names of columns, keys and files
are the same in every language, and so is all that is stored.
"""
