"""`python -m migralint`."""

import sys

from migralint.cli import main

sys.exit(main())
