"""`python -m gridtrader` is the `gridtrader` command."""

import sys

from gridtrader.cli import main

sys.exit(main())
