"""When: planning, expansion, delivery, leader election, clock and ticks. Knows neither channels nor texts."""
