"""Showing approved programmes to the public: the website, later YouTube."""
