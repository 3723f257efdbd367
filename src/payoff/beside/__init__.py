"""Several studies as one: what tables are of, how studies are named, published records."""
