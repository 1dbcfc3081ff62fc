"""The failures a person can cause or mend. Not for bugs: those stay ordinary exceptions.

An error is a code with fields; its sentences stand in `messages/errors.<language>.toml`, so the page, the report
and the shell say the same thing in the reader's language.
"""

from kdmcse.i18n import Locale


class UserError(Exception):
    """Something the user asked for cannot be done: what happened to which thing (`message`) and what to do next (`hint`).

    `code` names an entry under `errors.` in `messages/`; `fields` fill its placeholders.
    """

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(code, fields)

    def message(self, language: str = "en") -> str:
        return Locale(language)(f"errors.{self.code}.message", **self.fields)

    def hint(self, language: str = "en") -> str:
        return Locale(language)(f"errors.{self.code}.hint", **self.fields)

    def __str__(self) -> str:
        return f"{self.message()} {self.hint()}"

    @classmethod
    def from_dict(cls, table: dict) -> "UserError":
        """The error whose `to_dict` this is; its fields are text now."""
        return cls(table["code"], **table["fields"])

    def __reduce__(self):
        return _rebuild, (self.code, self.fields)

    def to_dict(self) -> dict:
        """For JSON: code, fields as text and the English sentences."""
        sentences = {"message": self.message(), "hint": self.hint()}  # first: a message may fill in a field
        return {"code": self.code, "fields": {name: str(value) for name, value in self.fields.items()}, **sentences}


def _rebuild(code: str, fields: dict) -> UserError:
    return UserError(code, **fields)
