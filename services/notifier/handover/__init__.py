"""What people of the agency answer: taken in, put in order, told where the citizen is now."""
