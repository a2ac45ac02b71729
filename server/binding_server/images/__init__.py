"""What people attach, looked at and made anew."""
