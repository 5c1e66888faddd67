"""The dialogue about appointments: a day, a time, yes; move it and give it back by one tap."""
