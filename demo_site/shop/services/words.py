"""Words the invented records are named with."""

# ruff: noqa: SIM905  # words in a row are easier to read and change than a list of strings

ADJECTIVES = (
    "Amber Broken Crooked Distant Electric Faded Golden Hollow Idle Jagged Kind Lonely Marble"
    " Northern Open Paper Quiet Restless Silver Tender Upper Velvet Wandering Young Zealous"
).split()
NOUNS = (
    "Arrow Bridge Canyon Doorway Engine Feather Garden Harbour Island Jewel Kite Lantern Mirror"
    " Needle Orchard Parade River Station Thunder Umbrella Valley Window Yard Zephyr"
).split()
FIRST_NAMES = (
    "Ada Björn Chloé Dmitri Elif Femi Grace Hana Ingrid José Kofi Lena Milan Noor Olga Priya"
    " Quentin Rosa Søren Tariq Uma Viktor Wanda Ximena Yusuf Zoë"
).split()
LAST_NAMES = (
    "Almeida Baker Costa Dvořák Eriksen Fischer García Horvat Ivanova Jensen Kaya Lindqvist"
    " Moreau Nakamura O'Hara Petrov Quist Rossi Sato Tóth Umarov Varga Weiss Yamada Zhang"
).split()
WAREHOUSES = ("Harbour", "Old Mill", "Riverside")
FORMATS = ("vinyl", "cd", "cassette")
