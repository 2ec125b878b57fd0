"""`python -m attnviz`."""

from attnviz.cli import main

raise SystemExit(main())
