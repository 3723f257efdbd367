"""What is asked for: configuration, study, needs, effort."""
