"""What stands between the core and a place where it is shown: pure but for `tty`."""
