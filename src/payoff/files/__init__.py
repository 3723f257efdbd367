"""Files that are written whole or not at all, contracts, documents, logs, and the code behind a job."""
