"""The vault: tokens are kept encrypted, with keys that can be changed one by one."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from integration.errors import PortalDisconnected


class WrongKey(PortalDisconnected):
    """A stored token opens with none of TOKEN_KEYS: was the key that wrote it taken away?

    As good as disconnected: work waits until the key is back or the app is installed again.
    """


class Vault:
    """Encrypt with the first key, decrypt with any."""

    def __init__(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def lock(self, text: str) -> str:
        """Encrypt a text."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def unlock(self, cipher: str) -> str:
        """Decrypt a text; raises WrongKey where no key fits."""
        try:
            return self._fernet.decrypt(cipher.encode()).decode()
        except InvalidToken:
            raise WrongKey from None
