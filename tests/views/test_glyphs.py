"""Signs and what stands for them."""

from dataclasses import fields

from pysim.story.fleet import CONDITIONS
from pysim.views.glyphs import glyphs


def test_a_screen_without_unicode_gets_ascii() -> None:
    plain, rich = glyphs(unicode=False), glyphs(unicode=True)
    signs = [field.name for field in fields(plain) if field.type in (str, "str")]
    assert all(getattr(plain, sign).isascii() for sign in signs)
    assert all(len(getattr(rich, sign)) <= 1 for sign in signs)
    assert all(sign.isascii() for sign in plain.conditions)
    for signs_of in (plain.conditions, rich.conditions):
        assert len(set(signs_of)) == len(CONDITIONS)
        assert all(len(sign) == 1 for sign in signs_of)
    assert rich.braille
    assert not plain.braille
