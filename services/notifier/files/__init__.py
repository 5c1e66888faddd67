"""Files that citizens send to people of the agency: known by content, kept sealed for days."""
