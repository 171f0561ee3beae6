"""`python -m taskbell_local`."""

from taskbell_local.cli import main

raise SystemExit(main())
