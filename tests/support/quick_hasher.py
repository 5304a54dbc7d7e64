"""The product's password hasher with the least memory that argon2 allows."""

from accounts.hashers import PasswordHasher


class QuickPasswordHasher(PasswordHasher):
    """Hashes in microseconds, so that tests may create many users."""

    memory_cost = 8
    time_cost = 1
