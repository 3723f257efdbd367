"""Tables into sentences, figures and the page."""
