"""Things that every room uses and that know nothing of fraud: days, money, exact sums, enumerations, caches, logs."""
