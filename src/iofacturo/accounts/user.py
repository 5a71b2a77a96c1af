"""A person who logs in, by e-mail."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from iofacturo.lib import clock


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new person; without *password* they set one by mail."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    email = models.EmailField("correo electrónico", max_length=160, unique=True)
    name = models.CharField("nombre", max_length=100, blank=True)
    is_active = models.BooleanField("puede entrar", default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        verbose_name = "persona"
        verbose_name_plural = "personas"
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_folded")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    @property
    def initials(self) -> str:
        """One or two letters for the round badge in the header."""
        words = self.name.split() or [self.email]
        return "".join(word[0] for word in words[:2]).upper()
