"""What differs: ways to train one network, held against each other; control and disturbance."""
