"""Published sentences, and whether they hold here: read, measured, judged."""
