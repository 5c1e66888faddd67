"""What anybody may ask, whoever they are: answered from the catalogue alone, with the tracker away too."""
