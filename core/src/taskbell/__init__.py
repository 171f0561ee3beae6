"""What Taskbell is: accounts, lists, tasks, reminders, mail and jobs. No HTTP, no worker loop."""
