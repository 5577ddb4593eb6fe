"""The doors of the house: the command line, later the web app."""
