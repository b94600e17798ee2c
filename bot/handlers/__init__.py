"""One conversation a file: a Turn comes in, a Reply goes out. The routing tables stand at the foot of each file."""
