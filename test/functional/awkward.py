# SPDX-License-Identifier: MIT
"""Organizations and users with names that shells, files and configurations stumble over."""

NAMES = (
    ("Public", "with space"), ("two words", "three little words"),
    ("Müller & Söhne", "Zoë"), ("It's", "O'Hara"), ('"quoted"', 'Z "Z" Z'),
    ("dollar $HOME", "back`tick` $(id)"), ("日本", "利用者 🎉"), ("hash # tag", "semi;colon=&|<>"))
