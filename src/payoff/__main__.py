"""`python -m payoff` is `payoff`."""

import sys

from payoff.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
