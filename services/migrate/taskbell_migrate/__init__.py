"""The revisions of Taskbell's database schema, and the program that applies them."""
