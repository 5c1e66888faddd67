"""The browsers of the phones: each follows a document on the citizens' page and takes its pushes."""
