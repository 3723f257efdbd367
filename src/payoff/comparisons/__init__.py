"""What differs: ways to train the same network, compared; the control; what disturbed the runs."""
