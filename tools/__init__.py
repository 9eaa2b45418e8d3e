"""What developers run beside the tests: the site's reference pages and the catalogues of languages."""
