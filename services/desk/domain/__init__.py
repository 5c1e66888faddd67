"""What holds of answers and questions, without input or output."""
