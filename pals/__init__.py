"""The domain model of PALS in plain Python: calendar, year wheel, coverage, roles. Pure functions and frozen values.

No I/O and no clock: the time, the zone and the school's own choices always arrive as arguments.

    weeks, zone, calendar, quiet   time as a school has it
    yearwheel                      what is due when
    roles                          who may do what
    rates, behaviour               what is counted, and how it is put in numbers
"""
