"""What the operator of the program runs: the delivery report, the doctor, and garbage-collection tuning."""
