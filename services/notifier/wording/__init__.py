"""What people read: texts in every language, markup, buttons, offices and their hours."""
