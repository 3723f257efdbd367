"""What measurements need from the machine: devices, locks, quiet, clocks, and separate processes."""
