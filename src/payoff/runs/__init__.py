"""One run, one record: a process is measured from outside, and trains inside."""
