"""An installation's database and streams, saved into a folder and loaded where they are to be from now on."""
