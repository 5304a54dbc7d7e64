"""The plain recipe that Trolley is compared with."""
