"""What is asked for: configuration, study, its design, paths, plans and needs."""
