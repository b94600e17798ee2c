"""What several tests share: people, turns, databases, servers, and the schools they run on."""
