"""Money: tables and engines count cents, hundredths of the currency's unit; figures count units."""

CENTS_PER_UNIT = 100
