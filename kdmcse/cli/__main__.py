"""`python -m kdmcse.cli`."""

import sys

from kdmcse.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
