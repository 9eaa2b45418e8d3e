"""Money: tables and engines count in cents, hundredths of the unit of the scenario's currency, figures in units."""

CENTS_PER_UNIT = 100
