"""Run the sandbox's command line."""

import sys

from netra_sandbox.cli import main

sys.exit(main())
