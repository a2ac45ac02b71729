"""What all parts of a world file are made of: the base of the models, and the kinds of text and number in them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{9,14}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$")]
Contact = Annotated[str, StringConstraints(pattern=r"^(\+[1-9][0-9]{9,14}|[^@\s]{1,64}@[^@\s]{1,255})$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Oid = Annotated[int, Field(ge=1, le=2**53)]


class Model(BaseModel):
    """Base of all parts of a world file: unknown keys are refused, names with an alias are accepted by both."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)
