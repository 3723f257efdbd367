"""Files that appear whole, contracts, documents, logs, and the code behind a job."""
