"""When: `plan` finds what is due, `deliver` gets it out, `clock` tells the time. Knows neither Telegram nor words."""
