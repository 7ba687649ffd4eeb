"""Everything that is stored: landing, lake and database."""
