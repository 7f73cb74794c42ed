"""What keys of several columns cost beside a plain key and beside Django's own."""
